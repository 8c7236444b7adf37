"""Courses that a load may take: as now, as at this hour of other days, as in other weeks. A forecast is blended of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

DAY_MIN, WEEK_MIN = 1440, 7 * 1440
_DAY_HALF_LIFE, _WEEK_HALF_LIFE, _MEAN_HALF_LIFE = 10.0, 28.0, 20.0  # days in which a value's weight halves


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """Means of a load by slot of the day and of the week, and over all; newer days count for more."""

    day: FloatArray
    week: FloatArray
    mean: float

    def courses(self, slots: IntArray, level: float, day_mean: float | None) -> FloatArray:
        """Return the courses (courses, steps) at slots of the week that follow each other.

        `level` is the load just before, `day_mean` its mean over the day before; None: not known.
        """
        now = (slots[0] - 1) % self.week.size
        day, week = self.day[slots % self.day.size], self.week[slots]
        above_day = level - self.day[now % self.day.size]
        usual = self.day.mean()
        if day_mean is None:
            day_mean = above_day + usual
        flat = np.full(slots.size, level)
        return np.stack(
            [
                flat,
                day + above_day,
                week + level - self.week[now],
                day + day_mean - usual,
                week,
                np.full_like(flat, self.mean),
            ]
        )


def learn_profiles(values: FloatArray, slots: IntArray, step_min: int, *, weekly: bool) -> Profiles:
    """Return the profiles of values at equal steps, NaN for gaps; `slots` of the week. Without `weekly` all days are alike."""
    day_size, week_size = max(1, DAY_MIN // step_min), WEEK_MIN // step_min
    age_days = np.arange(values.size, 0, -1) * step_min / DAY_MIN
    day = pd.Series(_means(values, slots % day_size, day_size, age_days / _DAY_HALF_LIFE))
    filled = np.asarray(day.interpolate(limit_direction="both"), np.float64)
    week: FloatArray = np.tile(filled, week_size // day_size)
    if weekly:
        by_week = _means(values, slots, week_size, age_days / _WEEK_HALF_LIFE)
        week = np.asarray(np.where(np.isfinite(by_week), by_week, week), np.float64)
    mean = _means(values, np.zeros_like(slots), 1, age_days / _MEAN_HALF_LIFE)
    return Profiles(filled, week, float(mean[0]))


def slots_of_week(times: pd.DatetimeIndex, step_min: int) -> IntArray:
    """Return the slot of the week that each time falls in."""
    minutes = (times.day_of_week * 24 + times.hour) * 60 + times.minute
    return np.asarray(minutes // step_min, dtype=np.intp)


def _means(values: FloatArray, slots: IntArray, size: int, half_lives: FloatArray) -> FloatArray:
    """Return the mean by slot, each value's weight halved by half-life; NaN where a slot has none."""
    known = np.isfinite(values)
    weight = np.where(known, 0.5**half_lives, 0.0)
    total = np.bincount(slots, weight, size)
    summed = np.bincount(slots, weight * np.where(known, values, 0.0), size)
    return np.where(total > 0, summed / np.where(total > 0, total, 1.0), np.nan)
