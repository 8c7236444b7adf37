"""Robust regressions that forget: many series at once, each row learned once and then dropped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_DOUBT = 30.0  # rows of unit features that the first guess, no influence at all, counts for
_BOUNDED_FROM = 1.0  # typical changes: a larger error counts by its size, not by its square


@dataclass(eq=False)
class ForgettingRegression:
    """Linear regressions of M memories for K series on p features.

    Attributes
    ----------
    keeps
        Share of what was learned that is kept at each row, by memory, (M,).
    information, moment
        Normal equations, (M, K, p, p) and (M, K, p). What is forgotten is replaced by the first guess, not by ignorance, so
        that features that stand still for a year do no harm.
    """

    keeps: FloatArray
    information: FloatArray
    moment: FloatArray

    def weights(self) -> FloatArray:
        """Return the influence of each feature, (M, K, p)."""
        return np.asarray(np.linalg.solve(self.information, self.moment[..., None])[..., 0], float)

    def update(self, features: FloatArray, measured: FloatArray) -> None:
        """Learn from features (K, p) and what was measured, (K,).

        References
        ----------
        Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35 (1964), as reweighting.
        """
        error = np.abs(measured - answers(self.weights(), features))
        weight = 1.0 / np.maximum(error / _BOUNDED_FROM, 1.0)
        keeps = self.keeps[:, None, None]
        guess = _DOUBT * np.eye(features.shape[1])
        outer = features[:, :, None] * features[:, None, :]
        self.moment = keeps * self.moment + (weight * measured)[..., None] * features
        self.information = (
            keeps[..., None] * self.information + (1 - keeps[..., None]) * guess + weight[..., None, None] * outer
        )


def no_influence(keeps: FloatArray, series: int, features: int) -> ForgettingRegression:
    """Return regressions that have seen nothing, and answer nothing."""
    guess = np.broadcast_to(_DOUBT * np.eye(features), (keeps.size, series, features, features)).copy()
    return ForgettingRegression(keeps, guess, np.zeros((keeps.size, series, features)))


def answers(weights: FloatArray, features: FloatArray) -> FloatArray:
    """Return what weights (M, K, p) make of features (K, p): answers (M, K)."""
    return np.asarray(np.einsum("mkp,kp->mk", weights, features))
