"""The week as a series has it: by how much each slot of the week lies above or below the week around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]

WEEK_S = 7 * 86400.0
_RATE = 0.1
_MOST_CHANGES = 3.0  # typical changes that one row may say


@dataclass(eq=False)
class WeekProfile:
    """Deviations from the week's mean by slot of the week, (slots, K), in the unit of the series."""

    deviation: FloatArray

    def learn(self, slot: int, week: FloatArray, scale: FloatArray) -> None:
        """Learn from the newest week of a series (rows, K), whose last row lies in the slot; `scale` is a typical change, (K,)."""
        shown = np.clip(week[-1] - week.mean(axis=0), -_MOST_CHANGES * scale, _MOST_CHANGES * scale)
        self.deviation[slot] += _RATE * (shown - self.deviation[slot])


def no_profile(step_s: float, series: int) -> WeekProfile:
    """Return a profile that knows of no difference between the slots of a week."""
    return WeekProfile(np.zeros((max(round(WEEK_S / step_s), 1), series)))


def slot_of_week(time: pd.Timestamp, step_s: float) -> int:
    """Return the slot of the week that a time lies in, by its own clock."""
    day_s = (time.hour * 60 + time.minute) * 60 + time.second
    return int((time.day_of_week * 86400 + day_s) % WEEK_S // step_s)
