"""Scores of intervals: a good one covers what it says, and is narrow."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def covered(measured: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Return which measurements (n,) lie inside their interval, its ends included; a gap lies outside."""
    truth = np.asarray(measured, float)
    return np.asarray((truth >= np.asarray(low, float)) & (truth <= np.asarray(high, float)))


def coverage_frac(measured: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike) -> float:
    """Return the share of measurements inside their interval [-]."""
    return float(np.mean(covered(measured, low, high)))


def interval_scores(measured: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike, level: float = 0.9) -> FloatArray:
    """Return the score of each interval (n,) in the unit of the measurement; lower is better.

    The width, and 2 / (1 - level) times how far the measurement lies outside: the true quantiles have the lowest mean.

    References
    ----------
    Winkler, "A decision-theoretic approach to interval estimation", JASA 67 (1972); Gneiting, Raftery, JASA 102 (2007), eq. 43.
    """
    truth, bottom, top = (np.asarray(each, float) for each in (measured, low, high))
    outside = np.maximum(bottom - truth, 0.0) + np.maximum(truth - top, 0.0)
    return np.asarray(top - bottom + 2.0 / (1.0 - level) * outside)
