"""Noise turns nothing: plan after plan, setpoints come to rest where all is even, and follow the day alone where it is not.

Rest: after the first hours no setpoint of water or air moves by what a write would tell, no mode and no stage changes, and what a
plan recommends is at most servers, which must follow the forecast of load; else it says that there is nothing to change.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from facility.advise.recommend import recommendations_of
from facility.plan.decisions import AWAKE, CHILLERS, LEAVING_WATER, MODE, SUPPLY_AIR
from facility.plan.inputs import PlanInputs
from facility.plan.planner import PlanResult
from facility.points import PointIndex
from facility.units import DEADBAND
from tests.plan.rolling import Course, evened, roll, toy_day
from tools.bench.plan_instance import demo_inputs

SETTLED, DAY, HALF_DAY = 4, 24, 12  # plans
SEEDS = (0, 1)
MOST_SERVER_MOVES = 5  # of a pool within a day: work and noise ask for one more or less
AIMLESS_K = 1.0, 3.0  # of water and of air, within half a day: air goes to another level while water is on its way


def toy(start: datetime) -> PlanInputs:
    return toy_day(12.0, start)


def demo(start: datetime) -> PlanInputs:
    return evened(demo_inputs(24.0, 8.0, start))


def demo_in_its_day(start: datetime) -> PlanInputs:
    return demo_inputs(12.0, 11.0, start)


def at_rest(one: Course) -> None:
    assert one.moves(MODE, SETTLED) == one.moves(CHILLERS, SETTLED) == 0
    assert (
        max(one.moved(LEAVING_WATER, SETTLED), one.moved(SUPPLY_AIR, SETTLED)) < DEADBAND["degC"]
    )  # no write tells less


def recommended(result: PlanResult) -> set[str]:
    found = recommendations_of(result.plan, result.levers, PointIndex([]), timedelta(minutes=30))
    return {one.quantity for one in found}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_toy_site_comes_to_rest_and_its_plans_say_so(seed: int) -> None:
    one = roll(toy, DAY, seed)
    at_rest(one)
    assert one.moves(AWAKE, SETTLED) <= MOST_SERVER_MOVES
    for result in one.results[SETTLED:]:
        quiet = any(note.startswith("nothing to ") for note in result.plan.notes)
        assert recommended(result) == (set() if quiet else {AWAKE})


def test_the_demo_site_comes_to_rest() -> None:
    one = roll(demo, HALF_DAY, 0)
    at_rest(one)
    assert one.moves(AWAKE, SETTLED) <= MOST_SERVER_MOVES


def test_forecast_noise_adds_no_change_of_mode_to_those_of_the_day() -> None:
    still, noise = (roll(demo_in_its_day, HALF_DAY, seed) for seed in (None, 0))
    assert still.moves(MODE) > 0
    assert noise.moves(MODE) <= still.moves(MODE)
    assert noise.moves(CHILLERS) <= still.moves(CHILLERS)
    assert noise.moved(LEAVING_WATER) <= still.moved(LEAVING_WATER) + AIMLESS_K[0]
    assert noise.moved(SUPPLY_AIR) <= still.moved(SUPPLY_AIR) + AIMLESS_K[1]
