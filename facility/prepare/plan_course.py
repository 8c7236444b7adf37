"""A plan's series at other times than its own steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from facility.records import FloatArray, Plan


@dataclass(frozen=True, slots=True)
class PlanCourse:
    """The plan seen from a time on, in steps of a length; after its end its last values go on."""

    plan: Plan
    at: datetime
    step: timedelta
    steps: int

    def has(self, key: str) -> bool:
        """Tell whether the plan knows a series."""
        return key in self.plan.schedule

    def values(self, key: str) -> FloatArray:
        """Return a series, one value a step: the one that is planned for its middle."""
        return np.array([self.value(key, self.at + (number + 0.5) * self.step) for number in range(self.steps)])

    def value(self, key: str, time: datetime) -> float:
        """Return what is planned for a time."""
        series = self.plan.schedule[key]
        return series[min(max((time - self.plan.start) // self.plan.step, 0), len(series) - 1)]

    def done_kwh(self, key: str, until: datetime) -> float:
        """Return the energy of a power from the plan's start until a time; none before it."""
        hours = np.clip((until - self.plan.start) / self.plan.step - np.arange(self.plan.steps), 0.0, 1.0)
        return float(np.asarray(self.plan.schedule[key]) @ hours) * (self.plan.step / timedelta(hours=1))

    def after_step(self, key: str, time: datetime, first: float) -> float:
        """Return a stock that the plan knows at the end of each step, at any time; `first` is what it was at the start."""
        known = [first, *self.plan.schedule[key]]
        return float(np.interp((time - self.plan.start) / self.plan.step, np.arange(len(known)), known))
