"""What is promised while a plan is made is in it, and who promises again and again keeps no plan from being finished."""

from __future__ import annotations

import time
from collections.abc import Container
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pytest

from facility.keeping_up import KeepingUp
from facility.plan.bases import Bases
from facility.plan.deadline import OvertakenError
from facility.plan.inputs import PlanInputs
from facility.plan.planner import make_plan
from facility.promises import Commitment, CommitmentKind
from facility.records import Plan
from tests.plan.toy import BATTERY, START, toy_inputs, toy_site

HOUR = timedelta(hours=1)


def inputs(promised: int) -> PlanInputs:
    """Inputs with so many promises."""
    held = [
        Commitment(f"dr-{number}", CommitmentKind.IMPORT_CAP, START + HOUR, START + 2 * HOUR, 500.0 - number)
        for number in range(promised)
    ]
    power = {"hall-1": np.full(4, 200.0)}
    return toy_inputs(toy_site(4.0, batteries=[BATTERY]), commitments=held, it_power_kw=power)


@dataclass
class Grid:
    """Promises one thing more at some looks, as the site's book does while others write into it."""

    at_looks: Container[int] = ()
    promised: int = 0
    looks: int = 0
    read: int = 0

    def remember(self) -> None:
        self.read = self.promised

    def changed(self) -> bool:
        self.looks += 1
        self.promised += self.looks in self.at_looks
        return self.promised != self.read

    def inputs_now(self) -> PlanInputs:
        return inputs(self.promised)


def plan_of(keeping_up: KeepingUp, grid: Grid) -> Plan:
    return keeping_up.plan(grid.inputs_now, None, time.perf_counter, 0.0).plan


def looks_of_a_plan() -> int:
    grid = Grid()
    plan_of(KeepingUp(grid), grid)
    return grid.looks


def test_a_plan_looks_often_and_is_overtaken_at_each_of_its_looks() -> None:
    whole = looks_of_a_plan()
    assert whole > 5
    for look in (1, whole // 2, whole):
        with pytest.raises(OvertakenError):
            make_plan(inputs(0), overtaken=Grid([look]).changed)


@pytest.mark.parametrize("at", [0.1, 0.5, 1.0])
def test_what_is_promised_while_a_plan_is_made_is_in_it(at: float) -> None:
    """However late it comes, where nobody waits."""
    grid = Grid([max(1, round(at * looks_of_a_plan()))])
    plan = plan_of(KeepingUp(grid), grid)
    assert [one.id for one in plan.commitments] == ["dr-0"]


def test_promises_at_every_look_still_end_in_a_plan() -> None:
    grid = Grid(range(10_000))
    keeping_up = KeepingUp(grid, usual_s=2.0)
    plan = plan_of(keeping_up, grid)
    assert len(plan.commitments) > 1, "some are gathered"
    assert plan.commitments[-1].id == f"dr-{grid.read - 1}"
    assert keeping_up.waits_since_s is None, "the plan holds all that waited"


@pytest.mark.parametrize(("waited_s", "begun_again"), [(1.0, True), (1000.0, False)])
def test_who_waits_already_does_not_wait_longer_than_the_newest_would(waited_s: float, begun_again: bool) -> None:
    grid = Grid([2], promised=1)
    keeping_up = KeepingUp(grid, usual_s=500.0, waits_since_s=time.monotonic() - waited_s)
    plan = plan_of(keeping_up, grid)
    assert [one.id for one in plan.commitments] == (["dr-0", "dr-1"] if begun_again else ["dr-0"])


def test_what_a_plan_takes_is_learned() -> None:
    grid = Grid()
    keeping_up = KeepingUp(grid)
    keeping_up.plan(grid.inputs_now, None, time.perf_counter, 100.0)
    assert 100.0 < keeping_up.usual_s < 200.0


def test_a_plan_begun_again_is_the_one_that_would_have_been_made_at_once() -> None:
    """Though solvers begin where those of the plan that was given up ended."""
    bases = Bases()
    with pytest.raises(OvertakenError):
        make_plan(inputs(0), bases, overtaken=Grid([looks_of_a_plan()]).changed)
    again, at_once = make_plan(inputs(1), bases).plan, make_plan(inputs(1)).plan
    assert again.cost.total_cost == pytest.approx(at_once.cost.total_cost, rel=1e-6)
