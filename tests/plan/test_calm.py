"""A plan is calm: noise turns nothing that was said, real news does, and where nothing can be gained nothing is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from facility.advise.recommend import recommendations_of
from facility.plan.inputs import PlanInputs, PlantNow
from facility.plan.planner import make_plan
from facility.points import PointIndex
from facility.records import FloatArray, Plan
from models.cooling import Mode
from tests.plan.toy import BATTERY, POOL, WORK, ToyPlant, toy_inputs, toy_site

WORK_KW = "batch.deferrable_power_command_kw"
CHARGE_KW = "b-1.charge_power_setpoint_kw"
WATER = "plant-1.leaving_chilled_water_temperature_setpoint_degc"
BEST = PlantNow(Mode.MECHANICAL, 12.0, (20.0,), 1)  # at 150 kW of heat warm water is the cheaper


def at_rest(now: PlantNow = BEST) -> PlanInputs:
    """Return a site where nothing changes."""
    plant = ToyPlant(modes=(Mode.MECHANICAL,), water_degc=(8.0, 10.0, 12.0))
    flat = {"it_power_kw": {"hall-1": np.full(12, 150.0)}, "price_per_kwh": np.full(12, 0.2)}
    return toy_inputs(toy_site(12.0), plant, plants_now={"plant-1": now}, **flat)


def noisy(inputs: PlanInputs, seed: int) -> PlanInputs:
    random = np.random.default_rng(seed)

    def course(size: float) -> FloatArray:
        return size * random.uniform(-1.0, 1.0, inputs.steps)

    return replace(
        inputs,
        it_power_kw={hall: kw * (1.0 + course(0.01)) for hall, kw in inputs.it_power_kw.items()},
        wet_bulb_degc=inputs.wet_bulb_degc + course(0.3),
        price_per_kwh=inputs.price_per_kwh * (1.0 + course(0.01)),
    )


def test_where_nothing_can_be_gained_the_plan_recommends_nothing_and_says_so() -> None:
    result = make_plan(at_rest())
    assert result.plan.keeps_present
    assert any(note.startswith("nothing to gain") for note in result.plan.notes)
    assert any(lever.current is None for lever in result.levers)  # even these are left alone
    assert not recommendations_of(result.plan, result.levers, PointIndex([]), timedelta(minutes=30))


def test_what_can_be_gained_is_recommended() -> None:
    plan = make_plan(at_rest(replace(BEST, leaving_water_degc=8.0))).plan
    assert not plan.keeps_present
    assert plan.cost.total_cost < plan.baseline_cost.total_cost


def test_air_colder_than_any_that_may_be_asked_for_is_not_kept_for_being_cheap() -> None:
    (least,) = {state.supply_air_degc for state in ToyPlant(modes=(Mode.MECHANICAL,)).states()}
    kept, left = (make_plan(at_rest(replace(BEST, supply_air_degc=(least[0] - k,)))).plan for k in (0.1, 1.0))
    assert kept.keeps_present
    assert not left.keeps_present
    assert left.schedule["crah-1.supply_air_temperature_setpoint_degc"][-1] == least[0]


STILL = {**POOL, "consolidate": False}
SITE = toy_site(12.0, batteries=[BATTERY], server_pools=[STILL], deferrable_work=[{**WORK, "due_within_h": 8.0}])


def with_later_price(price: float) -> PlanInputs:
    """Return a site whose work may wait for the fifth and sixth hour, at this price where the others have 0.2."""
    prices = np.full(12, 0.2)
    prices[4:6] = price
    even = {"hall-1": np.full(12, 200.0)}
    return toy_inputs(SITE, ToyPlant(modes=(Mode.MECHANICAL,)), it_power_kw=even, price_per_kwh=prices)


@pytest.fixture(scope="module")
def busy() -> PlanInputs:
    return with_later_price(0.2)  # it does not matter when the work is done


@pytest.fixture(scope="module")
def waiting() -> Plan:
    return make_plan(with_later_price(0.15)).plan


@pytest.fixture(scope="module")
def said() -> Plan:
    return make_plan(with_later_price(0.25)).plan


def turned(plan: Plan, said: Plan) -> int:
    """Count what differs in the two coming hours beyond the deadbands."""
    modes = plan.modes["plant-1"][:2] != said.modes["plant-1"][:2]
    return modes + sum(
        bool(np.abs(np.subtract(plan.schedule[key][:2], said.schedule[key][:2])).max() > deadband)
        for key, deadband in ((WATER, 0.25), (WORK_KW, 1.0), (CHARGE_KW, 1.0))
    )


def test_noise_turns_nothing_of_what_was_said_whichever_it_was(busy: PlanInputs, said: Plan, waiting: Plan) -> None:
    assert turned(waiting, said)
    for changed in (noisy(busy, seed) for seed in range(3)):
        plans = [make_plan(replace(changed, in_force=one)).plan for one in (said, waiting)]
        assert [turned(plan, one) for plan, one in zip(plans, (said, waiting), strict=True)] == [0, 0]
        assert plans[0].cost.total_cost == pytest.approx(plans[1].cost.total_cost, rel=0.0005)


def test_news_that_is_worth_it_turns_the_plan(said: Plan, waiting: Plan) -> None:
    plan = make_plan(replace(with_later_price(0.15), in_force=said)).plan
    assert turned(plan, said)
    assert not turned(plan, waiting)


def test_a_plan_of_another_time_or_site_says_nothing(busy: PlanInputs, said: Plan) -> None:
    free = make_plan(busy).plan
    for other in (replace(said, start=said.start - timedelta(days=3)), replace(said, site_id="elsewhere")):
        assert make_plan(replace(busy, in_force=other)).plan == free


def test_a_plan_that_lacks_a_setpoint_is_left_aside_and_that_is_noted(busy: PlanInputs, said: Plan) -> None:
    lacking = replace(said, schedule={key: values for key, values in said.schedule.items() if key != WATER})
    plan = make_plan(replace(busy, in_force=lacking)).plan
    assert any("the plan in force does not fit any more" in note and WATER in note for note in plan.notes)
