"""How far power may lie from what is predicted: errors grow with power as they did out of sample, and cover by count."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

FloatArray = npt.NDArray[np.float64]

_LEAST_FRAC = 1e-6  # of the mean power: errors of a perfect model have some size too


@dataclass(frozen=True, slots=True)
class Spread:
    """A 90 % half-width that is linear in power: `constant_kw + share_frac x power`."""

    constant_kw: float
    share_frac: float

    def half_width_kw(self, power_kw: FloatArray) -> FloatArray:
        """Return the half-width [kW] at a power."""
        return np.asarray(self.constant_kw + self.share_frac * power_kw)


def conformal_spread(predicted_kw: FloatArray, residual_kw: FloatArray, looks: int, level: float = 0.9) -> Spread:
    """Return the spread that covers a share of new values, from errors made out of sample.

    Parameters
    ----------
    predicted_kw, residual_kw
        Predictions, and measured less predicted (n,).
    looks
        How many independent values these are worth: errors close in time go together, and few of them say little of tails.
    level
        Share to cover.

    References
    ----------
    Lei et al., "Distribution-free predictive inference for regression", JASA 113 (2018): errors over their typical size
    (section 5.2), and rank ceil((n + 1) level).
    """
    size = np.maximum(np.abs(residual_kw), _LEAST_FRAC * float(np.mean(predicted_kw)))
    (constant, share), _ = nnls(np.column_stack([np.ones_like(predicted_kw), predicted_kw]), size)
    typical = constant + share * predicted_kw
    rank = min(1.0, math.ceil((looks + 1) * level) / looks)
    times = float(np.quantile(size / typical, rank, method="higher"))
    return Spread(times * float(constant), times * float(share))
