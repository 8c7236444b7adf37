"""Offers: what a battery and servers can give, no more; notice, ramp, confidence, cost and what comes back afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from facility.errors import PlanError
from facility.plan.event_answer import told_step
from facility.plan.inputs import PlanInputs
from facility.plan.offers import Call, offer
from facility.plan.planner import make_plan
from facility.promises import Commitment, CommitmentKind
from facility.records import Plan
from models.cooling import Mode
from tests.plan.toy import BATTERY, POOL, START, WORK, ToyPlant, toy_inputs, toy_site

HOUR = timedelta(hours=1)
PLANT = ToyPlant(water_degc=(11.0,), modes=(Mode.MECHANICAL,))
HOURS = 12


def site(batteries: bool = True, **changes: Any) -> PlanInputs:
    plain: dict[str, Any] = {
        "price_per_kwh": np.full(HOURS, 0.2),
        "it_power_kw": {"hall-1": np.full(HOURS, 200.0)},
        "wet_bulb_degc": np.full(HOURS, 8.0),
    }
    parts: dict[str, Any] = {"batteries": [BATTERY]} if batteries else {}
    return toy_inputs(toy_site(float(HOURS), **parts), PLANT, **(plain | changes))


def call(first_h: float, last_h: float, price: float = 1.0, notice_h: float = 1.0) -> Call:
    return Call(START + first_h * HOUR, START + last_h * HOUR, notice_h * HOUR, price)


def offered(inputs: PlanInputs, one: Call) -> Any:
    return offer(inputs, make_plan(inputs).plan, one)


def test_a_battery_gives_its_power_for_as_long_as_it_lasts() -> None:
    inputs = site()
    one = offered(inputs, call(6.0, 7.0))
    assert one.expected_kw == pytest.approx(60.0, rel=0.03)  # its inverter's
    assert one.by_source_kw["battery"] == pytest.approx(60.0, rel=0.02)
    long = offered(inputs, call(4.0, 12.0, notice_h=0.0))
    assert 5.0 < long.expected_kw < 60.0  # 200 kWh, half full, less the reserve, in eight hours


def test_where_nothing_moves_nothing_is_offered() -> None:
    one = offered(site(batteries=False), call(6.0, 8.0))
    assert (one.kw, one.expected_kw) == (0.0, pytest.approx(0.0, abs=1e-3))
    assert one.cost == pytest.approx(0.0, abs=1e-3)


def test_a_price_below_what_it_costs_buys_nothing() -> None:
    """Out of the battery a kWh costs its wear, 0.01, and what losses take."""
    assert offered(site(), call(6.0, 8.0, price=0.001)).expected_kw == pytest.approx(0.0, abs=0.5)


def test_the_firm_part_is_less_by_what_load_and_models_may_err() -> None:
    sure = offered(site(), call(6.0, 8.0))
    assert 0.0 < sure.expected_kw - sure.kw < 3.0  # the models' half width is 2 kW
    spread = np.minimum(np.arange(HOURS), 4.0) * 5.0
    loads = tuple({"hall-1": 200.0 + sign * spread} for sign in (-1.0, 1.0))
    unsure = offered(site(load_scenarios=loads), call(6.0, 8.0))
    assert unsure.expected_kw == pytest.approx(sure.expected_kw, abs=0.5)
    assert unsure.kw < sure.kw - 5.0


def test_short_notice_leaves_less_time_to_fill_the_battery() -> None:
    inputs = site(state_of_charge_frac={"b-1": 0.1})
    plan = make_plan(inputs).plan
    early, late = (offer(inputs, plan, call(6.0, 9.0, notice_h=notice)) for notice in (5.0, 0.0))
    assert early.expected_kw > late.expected_kw + 10.0
    assert late.by_source_kw["battery"] < early.by_source_kw["battery"]


def test_what_is_put_off_comes_back_and_is_told() -> None:
    pooled = toy_site(float(HOURS), server_pools=[POOL], deferrable_work=[WORK | {"due_within_h": 3.0}])
    flat: dict[str, Any] = {"price_per_kwh": np.full(HOURS, 0.2), "it_power_kw": {"hall-1": np.full(HOURS, 200.0)}}
    inputs = toy_inputs(pooled, PLANT, wet_bulb_degc=np.full(HOURS, 8.0), **flat)
    one = offered(inputs, call(4.0, 5.0, price=2.0))
    assert one.expected_kw > 0.0 and one.by_source_kw["it"] > 0.0
    assert one.recovery_kwh > 0.0
    assert one.recovery_peak_kw >= 0.0


def test_the_offer_can_be_kept() -> None:
    """What is offered, asked for as a firm reduction of the plan in force, is planned without a shortfall."""
    inputs = site()
    plan = make_plan(inputs).plan
    one = offer(inputs, plan, call(6.0, 8.0, notice_h=6.0))
    baseline_kw = np.array(plan.schedule["site.power_kw"])
    firm = Commitment("dr", CommitmentKind.REDUCTION, one.start + one.ramp, one.end, one.kw, baseline_kw)
    (outcome,) = make_plan(replace(inputs, commitments=(firm,), in_force=plan)).plan.commitments
    assert outcome.delivered_kw >= one.kw - 0.05


def test_a_battery_that_does_not_last_is_offered_at_the_level_for_which_it_does() -> None:
    """Energy gets dearer in the event: left to itself the battery would wait for that, as if the first hours were a ramp."""
    dearer = np.where(np.arange(HOURS) < 6, 0.2, 0.203)
    inputs = site(price_per_kwh=dearer)
    plan = make_plan(inputs).plan
    one = offer(inputs, plan, call(4.0, 8.0, notice_h=4.0))
    assert one.ramp == timedelta(0)
    assert 10.0 < one.expected_kw < 55.0  # of 60 kW, for four hours out of 200 kWh
    firm = Commitment(
        "dr", CommitmentKind.REDUCTION, one.start, one.end, one.kw, np.array(plan.schedule["site.power_kw"])
    )
    (outcome,) = make_plan(replace(inputs, commitments=(firm,), in_force=plan)).plan.commitments
    assert outcome.delivered_kw >= one.kw - 0.05


def test_notice_counts_in_whole_steps_of_the_plan() -> None:
    inputs = site()
    assert told_step(inputs, START + 4.0 * HOUR) == 4
    assert told_step(inputs, START + 4.5 * HOUR) == 5  # told within a step: the next one answers
    assert told_step(inputs, START - 2.0 * HOUR) == 0


def test_a_call_outside_the_plan_is_refused() -> None:
    inputs = site()
    plan: Plan = make_plan(inputs).plan
    with pytest.raises(PlanError):
        offer(inputs, plan, call(14.0, 15.0))
