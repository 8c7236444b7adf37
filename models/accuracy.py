"""Errors as ASHRAE Guideline 14 counts them, conformal widths, coverage, and splits that respect time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors of predictions against measurements.

    `cv_rmse_frac` and `nmbe_frac` are over the mean measured value; `nmbe_frac` is positive where predictions are low.
    """

    rows: int
    rmse: float
    cv_rmse_frac: float
    nmbe_frac: float


def errors(measured: npt.ArrayLike, predicted: npt.ArrayLike) -> Errors:
    """Return the errors of predictions.

    References
    ----------
    ASHRAE Guideline 14-2014, CV(RMSE) and NMBE; with no parameter correction, as the test rows took no part in the fit.
    """
    truth, guess = np.asarray(measured, float), np.asarray(predicted, float)
    residual = truth - guess
    rmse = float(np.sqrt(np.mean(residual**2)))
    mean = float(np.mean(truth))
    scale = abs(mean) if mean else math.nan
    return Errors(truth.size, rmse, rmse / scale, float(np.mean(residual)) / scale)


def conformal_half_width(residual: npt.ArrayLike, level: float = 0.9) -> float:
    """Return the half-width that covers a share of new values: a quantile of calibration residuals, finite-sample corrected.

    References
    ----------
    Lei et al., "Distribution-free predictive inference for regression", JASA 113 (2018): rank ceil((n + 1) level).
    """
    size = np.sort(np.abs(np.asarray(residual, float)))
    rank = math.ceil((size.size + 1) * level)
    return float(size[min(rank, size.size) - 1])


def coverage_frac(measured: npt.ArrayLike, predicted: npt.ArrayLike, half_width: npt.ArrayLike) -> float:
    """Return the share of measurements inside predicted +- half_width."""
    inside = np.abs(np.asarray(measured, float) - np.asarray(predicted, float)) <= np.asarray(half_width, float)
    return float(np.mean(inside))


@dataclass(frozen=True, slots=True)
class TimeSplit:
    """Rows in time order: fitted on the oldest, calibrated on the next, tested on the newest."""

    train: slice
    calibration: slice
    test: slice


def time_split(rows: int, train_frac: float = 0.6, calibration_frac: float = 0.2) -> TimeSplit:
    """Return the three parts of `rows` time-ordered rows."""
    first, second = int(rows * train_frac), int(rows * (train_frac + calibration_frac))
    return TimeSplit(slice(0, first), slice(first, second), slice(second, rows))
