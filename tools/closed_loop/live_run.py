"""An arm that decides as it goes: the plant from its past on, its controller, and everybody who watches."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field

from tools.closed_loop import arms
from tools.closed_loop.arm_run import ArmRun, Tell, Teller
from tools.closed_loop.baselines import as_commissioned
from tools.closed_loop.case import Case
from tools.closed_loop.cases import Setting
from tools.closed_loop.drive import Controller, Drive, Watcher
from tools.closed_loop.judge import Judge
from tools.closed_loop.prologue import Prologue, plant_at_start
from tools.closed_loop.recorder import Recorder
from tools.closed_loop.schedule import WriteRecorder


@dataclass(frozen=True, slots=True)
class Planning:
    """What a controller's planning took and met; of one that does not plan, nothing. Lists grow as it goes."""

    seconds: Sequence[float] = field(default_factory=list)
    failures: Sequence[str] = field(default_factory=list)
    notes: Sequence[str] = field(default_factory=list)


def run_baseline(setting: Setting, prologue: Prologue, arm: str, tell: Tell) -> ArmRun:
    """Run a baseline: good practice goes on with what it remembers of the past."""
    case = setting.case
    controller = as_commissioned(case.loaded) if arm == arms.AS_COMMISSIONED else prologue.local
    return run_live(case, prologue, controller, Planning(), [Teller(case, tell)])


def run_live(
    case: Case,
    prologue: Prologue,
    controller: Controller,
    planning: Planning,
    watchers: Sequence[Watcher],
) -> ArmRun:
    """Let a controller run the plant from the start of the case to its end; `watchers` see it beside those of its result."""
    judge, recorder = Judge(case, prologue.month_peak_kw), Recorder(case)
    writes = WriteRecorder(case.start, case.end)
    plant = plant_at_start(case, prologue)
    try:
        begin = copy.deepcopy(plant.truth())  # plants may hand out one array for ever
        Drive(plant, controller, [judge, recorder, writes, *watchers]).run(case.end)
        end = plant.truth()
    finally:
        plant.close()
    result = judge.result(begin=begin, end=end, plan_seconds=planning.seconds, plans_failed=len(planning.failures))
    return ArmRun(result, writes.schedule(), recorder.frame(), tuple(planning.failures), tuple(planning.notes))
