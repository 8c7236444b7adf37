"""A plan that counts its own work may do as much of it beside other work as alone."""

from __future__ import annotations

import itertools
import time

import pytest

from facility.plan.deadline import Deadline, OvertakenError
from facility.plan.planner import make_plan
from tests.plan.toy import BATTERY, toy_inputs, toy_site

BUDGET_S = 0.2


def work(seconds: float) -> None:
    """Take so much of the processor."""
    until_s = time.process_time() + seconds
    while time.process_time() < until_s:
        pass


def test_a_process_that_waits_loses_nothing_of_its_own_seconds() -> None:
    own, wall = Deadline(BUDGET_S, time.process_time), Deadline(BUDGET_S)
    time.sleep(2 * BUDGET_S)  # somebody else has the processor
    assert wall.left_s < 0.0 < own.left_s
    work(BUDGET_S)
    assert own.left_s <= 0.0


def test_a_solver_is_given_the_time_on_the_wall_that_its_share_of_the_processor_takes() -> None:
    own, wall = Deadline(100.0, time.process_time), Deadline(100.0)
    work(0.05)
    time.sleep(0.15)
    assert own.solver_s(3.0) > 2 * 3.0  # a quarter of the processor at most, and what the test itself took
    assert wall.solver_s(3.0) == pytest.approx(3.0, rel=1e-3)
    assert wall.solver_s() == pytest.approx(wall.left_s, rel=1e-2)


def test_a_part_ends_sooner_and_is_given_up_with_the_whole() -> None:
    now_s, changed = [0.0], [False]
    whole = Deadline(100.0, lambda: now_s[0], lambda: changed[0])
    now_s[0] = 20.0
    half = whole.part(0.5)
    assert (half.left_s, whole.left_s) == (40.0, 80.0)
    now_s[0] = 70.0
    assert half.left_s < 0.0 < whole.left_s
    changed[0] = True
    with pytest.raises(OvertakenError):
        half.check()


def test_a_plan_takes_the_seconds_of_the_timer_that_it_is_given() -> None:
    """To a timer that stands still the time is never over, to one that leaps it is at once."""
    leaps, inputs = itertools.count(step=1000.0), toy_inputs(toy_site(4.0, batteries=[BATTERY]))
    kept = {
        name: any("present operation is kept" in note for note in make_plan(inputs, timer=timer).plan.notes)
        for name, timer in (("stands", lambda: 0.0), ("leaps", lambda: next(leaps)))
    }
    assert kept == {"stands": False, "leaps": True}
