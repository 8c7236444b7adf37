"""Days out of rows of any step: what is watched for steps is the day, whose weather and work even out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_DAY_S = 86400.0
_ENOUGH_FRAC = 0.5  # of a day's rows


class Day(NamedTuple):
    """A day with enough rows: its first row's time [s since 1970], and the means of K parts and of what drives them."""

    begin_s: float
    parts: FloatArray
    driver: float


@dataclass(eq=False)
class DayMeans:
    """Collects rows until a day is over.

    Attributes
    ----------
    rows_a_day
        Rows of a whole day.
    begin_s, rows, parts_sum, driver_sum
        The day so far.
    """

    rows_a_day: int
    begin_s: float = 0.0
    rows: int = 0
    parts_sum: FloatArray = field(default_factory=lambda: np.zeros(1))
    driver_sum: float = 0.0

    def add(self, time_s: float, parts: FloatArray, driver: float) -> Day | None:
        """Take in a row, and return the day that is over with it; None while none is, or where it had too few rows."""
        over = None
        if self.rows and time_s >= self.begin_s + _DAY_S:
            over = self._close()
        if not self.rows:
            self.begin_s = time_s
        self.rows += 1
        self.parts_sum = self.parts_sum + parts
        self.driver_sum += driver
        return self._close() if self.rows >= self.rows_a_day else over

    def _close(self) -> Day | None:
        enough = self.rows >= _ENOUGH_FRAC * self.rows_a_day
        day = Day(self.begin_s, self.parts_sum / self.rows, self.driver_sum / self.rows) if enough else None
        self.rows, self.parts_sum, self.driver_sum = 0, np.zeros(1), 0.0
        return day
