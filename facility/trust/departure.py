"""How far a reading has left its usual distance from what is expected of it, since when, and whether at once.

Robust on purpose: medians, and a one-sided cumulative sum (Page 1954, "Continuous inspection schemes") for the beginning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from facility.records import FloatArray
from facility.trust.verdict import STEPS_AN_HOUR

LEAST_STEPS = 6 * STEPS_AN_HOUR  # with fewer there is no usual
NOISE_MULTIPLE = 6.0
AGREE_FRAC = 0.9  # of the last hour must lie beyond `BEYOND_FRAC` of the limit, all on one side
BEYOND_FRAC = 0.7
SUDDEN_FRAC = 0.6  # of the whole departure, within a quarter of an hour
FRESH = pd.Timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a reading is now, against where it usually is; in the unit of the residual."""

    usual: float
    now: float
    limit: float
    agreed: bool  # the last hour says so nearly throughout
    since: pd.Timestamp
    sudden: bool

    @property
    def amount(self) -> float:
        """The distance from the usual."""
        return self.now - self.usual

    @property
    def wrong(self) -> bool:
        """Whether it is beyond its limit."""
        return self.agreed and abs(self.amount) > self.limit

    @property
    def right(self) -> bool:
        """Whether it is well inside; between the two nothing changes."""
        return abs(self.amount) < 0.5 * self.limit


def departure(residual: pd.Series, limit: float) -> Departure | None:
    """Return how a residual (reading less what is expected; NaN where nothing can be said) departs from its first half.

    None where there is too little to judge, or nothing in the last hour.
    """
    course = residual.to_numpy(float)
    known = np.flatnonzero(~np.isnan(course))
    if len(known) < LEAST_STEPS or residual.index[-1] - residual.index[known[-1]] > FRESH:
        return None
    values = course[known]
    past, last = values[: len(values) // 2], values[-STEPS_AN_HOUR:]
    usual, now = float(np.median(past)), float(np.median(last))
    noise = 1.4826 * float(np.median(np.abs(past - usual)))
    limit = max(limit, NOISE_MULTIPLE * noise)
    side = 1.0 if now >= usual else -1.0
    away = side * (values - usual)
    began = left_at(away, 0.25 * limit)
    return Departure(
        usual=usual,
        now=now,
        limit=limit,
        agreed=bool(np.mean(away[-STEPS_AN_HOUR:] > BEYOND_FRAC * limit) >= AGREE_FRAC),
        since=residual.index[known[began]],
        sudden=_sudden(away, began),
    )


def left_at(away: FloatArray, allowance: float) -> int:
    """Return the position at which a course began to be above an allowance for good: after the last zero of its CUSUM."""
    total = np.cumsum(away - allowance)
    lowest = np.minimum.accumulate(np.minimum(total, 0.0))
    at_rest = np.flatnonzero(total - lowest <= 0.0)
    return min(int(at_rest[-1]) + 1, len(away) - 1) if len(at_rest) else 0


def _sudden(away: FloatArray, began: int) -> bool:
    before, after = away[max(began - 3, 0) : began], away[began : began + 3]
    if not len(before) or not len(after):
        return False
    whole = float(np.median(away[-STEPS_AN_HOUR:]))
    return float(np.median(after) - np.median(before)) > SUDDEN_FRAC * whole
