"""Batteries kept ready for a peak that no forecast shows: against every schedule of a grid, weighed against prices, and cut off."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from facility.errors import SignalError
from facility.plan.baseline import baseline
from facility.plan.case import ItCase, SiteCase
from facility.plan.deadline import Deadline
from facility.plan.inputs import PlanInputs
from facility.plan.later import begin_later
from facility.plan.planner import make_plan
from facility.plan.relax import relax
from facility.plan.search import Found, Search
from facility.plan.simulate import simulate
from facility.plan.statistics import SolveStatistics
from facility.plan.tabulate import tables_of
from facility.plan.verify import PlanRejectedError, verify_plan, violations
from models.cooling import Mode
from tests.plan.toy import BATTERY, ToyPlant, toy_inputs, toy_site

PLANT = ToyPlant(water_degc=(10.0,), modes=(Mode.MECHANICAL,))
CHARGE = "b-1.charge_power_setpoint_kw"
STORED = "b-1.state_of_charge_frac"
TARIFF = {"energy_price_per_kwh": 0.2, "demand_charge_per_kw_month": 10.0, "demand_window_min": 60}
PRICES = {"flat": [0.2] * 4, "dear and cheap": [0.1, 0.5, 0.1, 0.6], "paid to draw": [-0.2, 0.3, -0.1, 0.3]}


def ready_inputs(price: list[float], **changes: Any) -> PlanInputs:
    """Return inputs with a demand charge far below what is paid for anyway."""
    inputs = toy_inputs(toy_site(float(len(price)), batteries=[BATTERY], tariff=TARIFF), PLANT)
    fields: dict[str, Any] = {"price_per_kwh": np.array(price), "expected_peak_kw": 600.0}
    return replace(inputs, **fields | changes)


def cheapest_of_a_grid(inputs: PlanInputs, levels: int) -> float:
    """Try charging powers on a grid, each through simulation and verification; the state is the only one there is."""
    it = ItCase.of(inputs)
    held, value = baseline(it)
    costs = []
    for course in product(np.linspace(-60.0, 60.0, levels), repeat=inputs.steps):
        run = simulate(it, replace(held.decisions, charge_kw={"b-1": np.array(course)}), value)
        if not violations(it, run):
            costs.append(run.cost.total_cost)
    return min(costs)


@pytest.mark.parametrize("worth", [0.1, 1.0])
@pytest.mark.parametrize("price", PRICES.values(), ids=PRICES.keys())
def test_no_schedule_of_a_grid_is_cheaper(price: list[float], worth: float) -> None:
    ready = np.array([80.0, 150.0, 190.0, 40.0])
    inputs = ready_inputs(price, ready_kwh=ready, ready_price_per_kwh_h=worth)
    best = cheapest_of_a_grid(inputs, 5)
    found, bound = calmless(inputs)
    assert found.run.cost.total_cost <= best + 1e-3 * abs(best) + 1e-6
    assert bound <= best + 1e-6 * abs(best) + 1e-6
    verify_plan(inputs, make_plan(inputs).plan)


def calmless(inputs: PlanInputs) -> tuple[Found, float]:
    """Return what is found where leaving present operation has no price, and the bound."""
    it = ItCase.of(inputs)
    case = SiteCase.of(it, tables_of(it), baseline(it)[1])
    relaxed, bound = relax(case, 60.0)
    return Search(case, SolveStatistics(bound=bound), Deadline(60.0)).run(relaxed), bound


def test_a_battery_is_filled_at_an_even_price_where_a_peak_may_come() -> None:
    plain = ready_inputs(PRICES["flat"])
    wanted = replace(plain, ready_kwh=np.array([0.0, 0.0, 180.0, 180.0]), ready_price_per_kwh_h=0.2)
    rest, ready = make_plan(plain).plan, make_plan(wanted).plan
    assert max(rest.schedule[CHARGE]) < 1e-6
    assert ready.schedule[STORED][2] * 200.0 == pytest.approx(180.0, abs=1.0)
    assert ready.cost.money_cost > rest.cost.money_cost
    assert ready.cost.preference_cost == pytest.approx(0.0, abs=0.1)


def test_what_it_is_worth_is_weighed_against_a_dear_hour() -> None:
    full = {"state_of_charge_frac": {"b-1": 1.0}, "ready_kwh": 200.0}
    dear = [0.1, 0.9, 0.1, 0.1]
    little, much = (
        make_plan(ready_inputs(dear, **full, ready_price_per_kwh_h=worth)).plan.schedule[CHARGE][1]
        for worth in (0.01, 5.0)
    )
    assert little < -50.0
    assert much > -1.0


def test_what_is_short_is_stated_as_a_preference_and_checked() -> None:
    inputs = ready_inputs(PRICES["flat"], ready_kwh=200.0, ready_price_per_kwh_h=0.001)
    plan = make_plan(inputs).plan
    short_kwh = 200.0 - 200.0 * np.array(plan.schedule[STORED])
    assert plan.cost.preference_cost == pytest.approx(0.001 * short_kwh.sum(), abs=1e-6)
    assert any(
        "200 kWh kept for a peak that no forecast shows; a kWh less counts 0.001 EUR" in one for one in plan.notes
    )
    with pytest.raises(PlanRejectedError, match="stated preference_cost"):
        verify_plan(inputs, replace(plan, cost=replace(plan.cost, preference_cost=0.0)))


def test_without_a_price_the_energy_asked_for_changes_nothing() -> None:
    plain = ready_inputs(PRICES["dear and cheap"])
    assert make_plan(replace(plain, ready_kwh=200.0)).plan.schedule == make_plan(plain).plan.schedule


def test_a_later_plan_keeps_the_rest_of_the_course() -> None:
    inputs = ready_inputs(PRICES["flat"], ready_kwh=np.array([10.0, 20.0, 30.0, 40.0]), ready_price_per_kwh_h=0.01)
    later = begin_later(inputs, make_plan(inputs).plan, 1)
    np.testing.assert_array_equal(later.ready_kwh, [20.0, 30.0, 40.0])


def test_a_course_that_is_too_short_is_refused_by_name() -> None:
    with pytest.raises(SignalError, match="ready_kwh ends at"):
        ready_inputs(PRICES["flat"], ready_kwh=np.zeros(3))
