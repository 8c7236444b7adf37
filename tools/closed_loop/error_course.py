"""The error of successive forecasts of one quantity: what is not known yet, and nothing else.

Between any two moments s something happens that no forecast issued before s knows. The error of the forecast issued at t for
the time u is the sum of what happens in between, each part fading with the time T that the quantity remembers:

    e(t, u) = sum over s in (t, u] of exp(-(u - s) / T) x(s),   x(s) independent, of variance (1 - exp(-2 step / T)) sigma^2.

It is the error of the best forecast of a first-order autoregression, and a martingale model of forecast evolution (Heath and
Jackson, IIE Transactions 26(3), 1994): errors of neighbouring hours go together, they grow with lead time L as
sigma sqrt(1 - exp(-2 L / T)), a newer forecast differs from an older one by what happened in between and errs less, and all
forecasts of a time end at the truth. Long means are zero.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.records import FloatArray

GRID = timedelta(minutes=15)
GRID_H = GRID / timedelta(hours=1)
DAY_STEPS = round(24.0 / GRID_H)
QUANTILES = {0.05: -1.6449, 0.95: 1.6449}  # of the normal distribution


@dataclass(frozen=True, slots=True)
class ErrorCourse:
    """Errors of one quantity under one seed.

    Attributes
    ----------
    sigma
        Standard deviation at long lead times, in the quantity's unit (or relative).
    memory_h
        T above, in hours.
    """

    name: str
    seed: int
    sigma: float
    memory_h: float

    def errors(self, issued: datetime, times: pd.DatetimeIndex) -> FloatArray:
        """Return forecast less truth at times for a forecast issued at a time; zero for what is past by then."""
        first, last = _number(issued), _number(times[-1].to_pydatetime())
        fade = np.exp(-GRID_H / self.memory_h)
        error, course = 0.0, np.zeros(max(last - first, 0) + 1)
        for ahead, happening in enumerate(self._happenings(first + 1, last), start=1):
            error = fade * error + happening
            course[ahead] = error
        return np.asarray(np.interp(_leads_h(issued, times), np.arange(len(course)) * GRID_H, course))

    def spread(self, issued: datetime, times: pd.DatetimeIndex) -> FloatArray:
        """Return the standard deviation of the error at times."""
        lead_h = np.maximum(_leads_h(issued, times), 0.0)
        return np.asarray(self.sigma * np.sqrt(-np.expm1(-2.0 * lead_h / self.memory_h)))

    def _happenings(self, first: int, last: int) -> FloatArray:
        """Return x of grid steps; those of a step are the same whatever is asked for with it."""
        if last < first:
            return np.zeros(0)
        begin, end = first // DAY_STEPS, last // DAY_STEPS
        days = [self._day(day) for day in range(begin, end + 1)]
        return np.concatenate(days)[first - begin * DAY_STEPS : last - begin * DAY_STEPS + 1]

    def _day(self, day: int) -> FloatArray:
        generator = np.random.default_rng([self.seed, zlib.crc32(self.name.encode()), day])
        scale = self.sigma * np.sqrt(-np.expm1(-2.0 * GRID_H / self.memory_h))
        return np.asarray(scale * generator.standard_normal(DAY_STEPS))


def _number(time: datetime) -> int:
    """Return the grid step that a time falls in."""
    return int(time.timestamp() // GRID.total_seconds())


def _leads_h(issued: datetime, times: pd.DatetimeIndex) -> FloatArray:
    """Return hours from the grid step of the issue to each time."""
    origin = pd.Timestamp(_number(issued) * GRID.total_seconds(), unit="s", tz="UTC")
    return np.asarray((times - origin) / pd.Timedelta(hours=1), dtype=float)
