"""Driving a plant from the same past by one schedule after another, each judged whole and window by window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from facility.records import FloatArray
from tools.closed_loop.case import Case
from tools.closed_loop.drive import CONTROL_EVERY
from tools.closed_loop.judge import Judge
from tools.closed_loop.plant import Key, Plant, Rewindable, Truth
from tools.closed_loop.result import RunResult
from tools.closed_loop.schedule import Schedule, replay

Write = tuple[datetime, Key, float | None, float]  # when, what, from, to
WINDOW = timedelta(hours=2)
PRICES: Mapping[str, float] = {  # of one unit of each limit, in the site's currency: what keeps a search inside them
    "recommended_degree_minutes": 0.1,
    "below_recommended_degree_minutes": 0.1,
    "allowable_minutes": 1.0,
    "dew_point_minutes": 0.5,
    "ramp_violations": 1.0,
    "liquid_limit_minutes": 1.0,
    "n_plus_1_minutes": 0.5,
    "sla_violations": 0.5,
    "deadline_misses": 1.0,
}


@dataclass(slots=True)
class Seen:
    """A watcher that keeps everything, so that any part of it can be judged afterwards."""

    truths: list[Truth] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)

    def saw(self, truth: Truth, seconds: float) -> None:  # noqa: ARG002 - a Watcher's signature
        """Keep the truth."""
        self.truths.append(truth)

    def wrote(self, time: datetime, key: Key, before: float | None, after: float) -> None:
        """Keep a write."""
        self.writes.append((time, key, before, after))

    def refused(self, time: datetime, key: Key, value: float, reason: str) -> None:
        """Take no notice: the value in force stayed."""


@dataclass(frozen=True, slots=True, eq=False)
class Appraisal:
    """A schedule, what it did and what that cost."""

    schedule: Schedule
    result: RunResult
    truths: Sequence[Truth]  # at the beginning, then at the end of each minute
    score: float  # cost, and a price on what breaks limits more than is allowed
    window_scores: FloatArray  # of each window by itself


class Stage:
    """The plant as it is when a case begins, again and again.

    Parameters
    ----------
    case
        The comparison.
    plant_at_start
        Returns a plant at `case.start`, after the same past each time. Where the plant is `Rewindable` this is called once, and
        the plant is rewound; else it is called for each run, and each plant is closed.
    month_peak_kw
        As for the judge.
    allowance
        How much of each limit may be broken without a price, by the names in `PRICES`; usually what good practice breaks.
    """

    def __init__(
        self,
        case: Case,
        plant_at_start: Callable[[], Plant],
        month_peak_kw: float,
        allowance: Mapping[str, float] | None = None,
    ) -> None:
        self.case, self._plant_at_start = case, plant_at_start
        self.month_peak_kw, self._allowance = month_peak_kw, dict(allowance or {})
        self.window_peak_kw = month_peak_kw  # above it a window by itself pays for demand
        self._plant: Plant | None = None
        self._memory: Any = None
        self.runs = 0

    def appraise(self, schedule: Schedule) -> Appraisal:
        """Run a schedule and judge it."""
        plant = self._at_start()
        begin, seen = plant.truth(), Seen()
        intervals = round((self.case.end - self.case.start) / CONTROL_EVERY)
        replay(plant, schedule, [seen], intervals)
        self.runs += 1
        self._done_with(plant)
        truths = [begin, *seen.truths]
        result = self._judge(truths, seen.writes, self.month_peak_kw)
        return Appraisal(schedule, result, truths, self.score(result), self._windows(truths, seen.writes))

    def measured_at_start(self) -> Mapping[Key, float]:
        """Return what the plant's sensors say at the beginning, setpoints in force included."""
        plant = self._at_start()
        measured = dict(plant.measured())
        self._done_with(plant)
        return measured

    def score(self, result: RunResult) -> float:
        """Return a run's cost with a price on what it breaks beyond the allowance."""
        broken = {name: getattr(result, name) - self._allowance.get(name, 0.0) for name in PRICES}
        penalty = sum(PRICES[name] * max(beyond, 0.0) for name, beyond in broken.items())
        return float(result.cost.cost + penalty)

    def _at_start(self) -> Plant:
        if self._plant is not None and isinstance(self._plant, Rewindable):
            self._plant.recall(self._memory)
            return self._plant
        plant = self._plant_at_start()
        if isinstance(plant, Rewindable):
            self._plant, self._memory = plant, plant.memory()
        return plant

    def _done_with(self, plant: Plant) -> None:
        if plant is not self._plant:
            plant.close()

    def _windows(self, truths: Sequence[Truth], writes: Sequence[Write]) -> FloatArray:
        """Return each window's own score: the states at its ends are paid for as the whole run's are."""
        found, start = [], self.case.start
        minutes = round(WINDOW / timedelta(minutes=1))
        for first in range(0, len(truths) - 1, minutes):
            part = truths[first : first + minutes + 1]
            ends = start + WINDOW
            result = self._judge(part, [one for one in writes if start <= one[0] < ends], self.window_peak_kw)
            found.append(result.cost.cost + sum(price * getattr(result, name) for name, price in PRICES.items()))
            start = ends
        return np.array(found)

    def _judge(
        self,
        truths: Sequence[Truth],
        writes: Sequence[Write],
        peak_kw: float,
    ) -> RunResult:
        judge = Judge(self.case, peak_kw)
        for before, now in pairwise(truths):
            judge.saw(now, (now.time - before.time).total_seconds())
        for write in writes:
            judge.wrote(*write)
        return judge.result(begin=truths[0], end=truths[-1])
