"""A reference as an arm: the search on the plant from its past on, told run by run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from tools.closed_loop.appraisal import PRICES, Appraisal, Stage
from tools.closed_loop.arm_run import ArmRun, Tell
from tools.closed_loop.case import Case
from tools.closed_loop.plant import Key
from tools.closed_loop.prologue import Prologue, plant_at_start
from tools.closed_loop.recorder import Recorder
from tools.closed_loop.reference import Budget, find_reference
from tools.closed_loop.result import RunResult
from tools.closed_loop.schedule import MINUTES, Schedule


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What a reference knows before it begins: how far good practice breaks limits, which it may, too, and others' schedules."""

    good_practice: RunResult
    starts: Sequence[Schedule]
    cooling_only: bool


class _ToldStage(Stage):
    """A stage that tells of each run."""

    def __init__(self, tell: Tell, case: Case, prologue: Prologue, allowance: Mapping[str, float]) -> None:
        super().__init__(case, lambda: plant_at_start(case, prologue), prologue.month_peak_kw, allowance)
        self._tell, self._least = tell, float("inf")

    def appraise(self, schedule: Schedule) -> Appraisal:
        found = super().appraise(schedule)
        self._least = min(self._least, found.score)
        self._tell(f"{self.runs} runs, best {self._least:,.2f} {self.case.loaded.site.currency}")
        return found


def run_reference(case: Case, prologue: Prologue, known: Known, cpu_seconds: float, tell: Tell) -> ArmRun:
    """Search for the best trajectory."""
    allowance = {name: float(getattr(known.good_practice, name)) for name in PRICES}
    stage = _ToldStage(tell, case, prologue, allowance)
    budget = Budget(cpu_seconds=cpu_seconds)
    found = find_reference(stage, known.starts, cooling_only=known.cooling_only, budget=budget)
    notes = (f"the best of {stage.runs} runs of the plant",)
    return ArmRun(found.result, found.schedule, _course(case, found), notes=notes)


def _course(case: Case, found: Appraisal) -> pd.DataFrame:
    """Return the course of a run that is over."""
    recorder = Recorder(case)
    in_force: dict[Key, float] = {}
    for minute, (before, now) in enumerate(pairwise(found.truths)):
        if minute % MINUTES == 0:
            for key, value in found.schedule.decide(before.time, {}).items():
                if in_force.get(key) != value:
                    recorder.wrote(before.time, key, in_force.get(key), value)
                    in_force[key] = value
        recorder.saw(now, (now.time - before.time).total_seconds())
    return recorder.frame()
