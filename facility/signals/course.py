"""Forecast by the day's course: what the hour of day was in the last days, shifted to the present and back over half a day.

Its spread is its own: the same forecast made from earlier origins, against what then happened.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from facility.records import FloatArray

SHIFT_DECAY_H = 12.0  # weather fronts move through in about a day; half of a present deviation is gone after 8 h
ORIGINS = 16
QUANTILES = (0.05, 0.95)


def day_course(series: pd.Series, steps: int, step_h: float) -> FloatArray:
    """Return the values expected for the steps after the last of a regular, gap-free series.

    Parameters
    ----------
    series
        Values at distance `step_h`, at least one.
    steps
        Number of steps to forecast.
    step_h
        Length of a step in hours.
    """
    per_day = round(24 / step_h)
    values = series.to_numpy(dtype=float)
    if len(values) < per_day:
        return np.full(steps, values[-1])
    whole_days = values[len(values) % per_day :].reshape(-1, per_day)
    course = whole_days.mean(axis=0)  # begins one step after the last value's time of day
    expected = np.resize(course, steps)
    shift = values[-1] - course[-1]
    return np.asarray(expected + shift * np.exp(-np.arange(1, steps + 1) * step_h / SHIFT_DECAY_H))


def course_spread(series: pd.Series, steps: int, step_h: float) -> Mapping[float, FloatArray]:
    """Return the error quantiles by step of `day_course` from earlier origins; empty when history is under three days."""
    per_day = round(24 / step_h)
    first, last = 2 * per_day, len(series) - 1
    if last - first < per_day:
        return {}
    errors = np.full((ORIGINS, steps), np.nan)
    for row, origin in enumerate(np.linspace(first, last - per_day // 2, ORIGINS).astype(int)):
        actual = series.to_numpy(dtype=float)[origin : origin + steps]
        errors[row, : len(actual)] = actual - day_course(series.iloc[:origin], len(actual), step_h)
    return {quantile: _by_step(errors, quantile) for quantile in QUANTILES}


def _by_step(errors: FloatArray, quantile: float) -> FloatArray:
    known = np.isfinite(errors).sum(axis=0) >= ORIGINS // 2
    spread = np.full(errors.shape[1], np.nan)
    spread[known] = np.nanquantile(errors[:, known], quantile, axis=0)
    filled = pd.Series(spread).ffill().to_numpy(dtype=float)  # far out, where few origins reach, the last known spread
    widest = np.minimum.accumulate(filled) if quantile < 0.5 else np.maximum.accumulate(filled)
    return np.asarray(np.minimum(widest, 0.0) if quantile < 0.5 else np.maximum(widest, 0.0))
