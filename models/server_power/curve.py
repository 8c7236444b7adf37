"""A rising curve of power against utilisation that knows how sure it is, and learns more by Bayes' rule.

The curve is a straight line between knots; what is not known of the values there is a Gaussian. So a family and one of its
servers are the same thing with more or fewer rows behind it, and what a server has not shown stays its family's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.isotonic import isotonic_regression

FloatArray = npt.NDArray[np.float64]

# Close together at first: a processor leaves its idle state at the first bit of work, which is a step.
KNOTS_FRAC = np.array([0, 0.0013, 0.002, 0.006, 0.015, 0.03, 0.06, 0.12, 0.2, 0.3, 0.4, 0.5, 0.62, 0.75, 0.87, 0.94, 1])


@dataclass(frozen=True, slots=True, eq=False)
class PowerCurve:
    """Power above idle as a share of that between idle and peak; arrays (knots,) unless said otherwise.

    Attributes
    ----------
    mean
        Expected share at each knot.
    covariance
        Of what is not known of the mean, (knots, knots).
    noise_var
        Variance of one measured step about the curve: utilisation does not say all.
    """

    mean: FloatArray
    covariance: FloatArray
    noise_var: FloatArray

    def share(self, utilisation_frac: npt.ArrayLike) -> FloatArray:
        """Return the expected share (n,), never falling with utilisation."""
        rising = isotonic_regression(self.mean, sample_weight=1 / np.diag(self.covariance))
        return np.asarray(between_knots(utilisation_frac) @ rising)

    def deviation(self, utilisation_frac: npt.ArrayLike) -> FloatArray:
        """Return the standard deviation of a measured step (n,): of the curve and about it."""
        weights = between_knots(utilisation_frac)
        unknown = np.einsum("nk,kl,nl->n", weights, self.covariance, weights)
        return np.asarray(np.sqrt(unknown + weights @ self.noise_var))

    def learned(self, utilisation_frac: npt.ArrayLike, share: npt.ArrayLike, weight: npt.ArrayLike) -> PowerCurve:
        """Return the curve after measured steps (n,); `weight` is how many independent steps each counts for."""
        weights = between_knots(utilisation_frac)
        precision = np.asarray(weight, float) * (weights @ (1 / self.noise_var))
        weighed = weights * precision[:, None]
        covariance = np.asarray(np.linalg.inv(np.linalg.inv(self.covariance) + weighed.T @ weights), float)
        surprise = np.asarray(share, float) - weights @ self.mean
        return PowerCurve(self.mean + covariance @ (weighed.T @ surprise), covariance, self.noise_var)


def between_knots(utilisation_frac: npt.ArrayLike) -> FloatArray:
    """Return how much each knot counts at a utilisation, (n, knots); rows sum to 1.

    Raises
    ------
    ValueError
        If a utilisation is not within 0..1.
    """
    utilisation = np.atleast_1d(np.asarray(utilisation_frac, float))
    if not np.all((utilisation >= 0) & (utilisation <= 1)):
        raise ValueError("utilisation must be a fraction within 0..1, without gaps")
    right = np.clip(np.searchsorted(KNOTS_FRAC, utilisation, side="right"), 1, KNOTS_FRAC.size - 1)
    part = (utilisation - KNOTS_FRAC[right - 1]) / (KNOTS_FRAC[right] - KNOTS_FRAC[right - 1])
    weights = np.zeros((utilisation.size, KNOTS_FRAC.size))
    rows = np.arange(utilisation.size)
    weights[rows, right - 1], weights[rows, right] = 1 - part, part
    return weights
