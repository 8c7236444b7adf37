"""What a plan is for: weights, goals in order within their slack, and a carbon budget with its price."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from facility.errors import InfeasibleError
from facility.plan.goals import goal_value
from facility.plan.inputs import PlanInputs
from facility.plan.planner import make_plan
from facility.plan.relax import SOLVERS, relax
from facility.plan.verify import PlanRejectedError, verify_plan
from facility.records import CostBreakdown
from tests.plan.enumeration import cheapest, every_run, prepared
from tests.plan.test_water import ThirstyPlant
from tests.plan.toy import BATTERY, ToyPlant, toy_inputs, toy_site

CARBON = np.array([100.0, 500.0, 900.0, 300.0, 400.0])
PRICE = np.array([0.3, 0.2, 0.1, 0.25, 0.2])  # dear where it is clean


def aimed(planning: dict[str, Any] | None = None, **changes: Any) -> PlanInputs:
    """Return inputs of a site that shifts load with a battery and may cool with water."""
    planned = {"horizon_h": 5.0, "step_min": 60, "time_limit_s": 60.0} | (planning or {})
    site = toy_site(5.0, planning=planned, batteries=[BATTERY], water={"price_per_m3": 1.0}, **changes)
    return toy_inputs(
        site, ThirstyPlant(), price_per_kwh=PRICE, carbon_gco2_per_kwh=CARBON, wet_bulb_degc=np.full(5, 6.0)
    )


def planned(*order: tuple[str, float]) -> CostBreakdown:
    goals = [{"of": of, "slack_frac": slack} for of, slack in order]
    inputs = aimed({"goals": goals})
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    return plan.cost


@pytest.mark.parametrize(("goal", "slack"), [("carbon", 0.03), ("water", 0.1), ("energy", 0.03), ("peak", 0.03)])
def test_a_goal_in_second_place_gets_better_and_cost_stays_within_its_slack(goal: str, slack: float) -> None:
    """Water takes more: free cooling is left for two hours or not at all."""
    cheap, second = make_plan(aimed()).plan.cost, planned(("cost", slack), (goal, 0.0))
    assert second.money_cost <= cheap.money_cost * (1.0 + slack) + 0.01
    assert goal_value(second, goal) < goal_value(cheap, goal) * 0.995


def test_more_slack_gives_the_next_goal_more() -> None:
    carbon = [planned(("cost", slack), ("carbon", 0.0)).carbon_kg for slack in (0.0, 0.01, 0.03, 0.2)]
    assert carbon == sorted(carbon, reverse=True)
    assert carbon[0] > carbon[1] > carbon[2]


def test_goals_in_order_are_near_the_best_of_a_grid_of_schedules() -> None:
    """Of all schedules within the slack of the least cost, none on the grid emits less."""
    case = prepared(_short())
    runs = list(every_run(case, {"b-1": [-60.0, 0.0, 60.0]}))
    plan = make_plan(_short({"goals": [{"of": "cost", "slack_frac": 0.02}, {"of": "carbon"}]})).plan
    within = [run.cost.carbon_kg for run in runs if run.cost.money_cost <= plan.goal_caps["cost"]]
    assert plan.cost.money_cost <= plan.goal_caps["cost"] * 1.0001
    assert plan.cost.carbon_kg <= min(within) * 1.002


def _short(planning: dict[str, Any] | None = None) -> PlanInputs:
    planned = {"horizon_h": 3.0, "step_min": 60, "time_limit_s": 60.0} | (planning or {})
    site = toy_site(3.0, planning=planned, batteries=[BATTERY])
    return toy_inputs(
        site, ToyPlant(), price_per_kwh=PRICE[:3], carbon_gco2_per_kwh=CARBON[:3], wet_bulb_degc=np.full(3, 7.5)
    )


def test_carbon_first_costs_what_it_must_and_no_more() -> None:
    clean, cheap = planned(("carbon", 0.01)), make_plan(aimed()).plan.cost
    looser = planned(("carbon", 0.05))
    assert clean.carbon_kg < cheap.carbon_kg
    assert cheap.money_cost < looser.money_cost < clean.money_cost


def test_a_goal_that_costs_nothing_weighs_nothing() -> None:
    flat = replace(aimed({"goals": [{"of": "cost"}, {"of": "energy"}]}), price_per_kwh=np.full(5, 0.2))
    plan = make_plan(flat).plan
    verify_plan(flat, plan)
    assert any(note.startswith("goals in order: cost (within 1 %), then energy; this weighs") for note in plan.notes)


def test_three_goals_keep_both_slacks() -> None:
    order = (("cost", 0.02), ("carbon", 0.02), ("peak", 0.0))
    inputs = aimed({"goals": [{"of": of, "slack_frac": slack} for of, slack in order]})
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    assert set(plan.goal_caps) == {"cost", "carbon"}
    for goal, cap in plan.goal_caps.items():
        assert goal_value(plan.cost, goal) <= cap * 1.0001
    assert plan.cost.peak_kw < make_plan(aimed()).plan.cost.peak_kw - 10.0


def test_a_plan_weighed_otherwise_than_it_says_is_refused() -> None:
    inputs = aimed({"goals": [{"of": "cost", "slack_frac": 0.03}, {"of": "carbon"}]})
    plan = make_plan(inputs).plan
    with pytest.raises(PlanRejectedError, match="stated preference_cost"):
        verify_plan(inputs, replace(plan, goal_weights={**plan.goal_weights, "carbon_per_kg": 0.0}))
    with pytest.raises(PlanRejectedError, match="site goal cost short by"):
        verify_plan(inputs, replace(plan, goal_caps={"cost": plan.goal_caps["cost"] * 0.98}))


@pytest.mark.parametrize(
    "weights", [{"carbon_per_kg": 0.3}, {"water_per_m3": 40.0}, {"energy_per_kwh": 0.2}, {"peak_per_kw": 0.5}]
)
def test_weights_are_the_same_to_the_plan_as_prices_and_nobody_is_paid_them(weights: dict[str, float]) -> None:
    plain, inputs = make_plan(aimed()).plan.cost, aimed({"weights": weights})
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    assert plan.cost.preference_cost > 0.0
    assert plan.cost.money_cost >= plain.money_cost - 1e-3
    assert plan.gap < 3e-3
    best = cheapest(prepared(inputs), {"b-1": [0.0]})
    assert plan.cost.total_cost <= best + 1e-6


def test_weighed_carbon_does_what_a_carbon_price_does() -> None:
    priced = make_plan(aimed(carbon={"price_per_tonne": 400.0})).plan
    weighed = make_plan(aimed({"weights": {"carbon_per_kg": 0.4}})).plan
    assert weighed.cost.total_cost == pytest.approx(priced.cost.total_cost, rel=1e-3)  # wear goes by prices
    assert weighed.cost.carbon_kg == pytest.approx(priced.cost.carbon_kg, rel=1e-3)


def test_a_carbon_budget_binds_and_tells_its_price() -> None:
    free = make_plan(aimed()).plan.cost.carbon_kg
    most = free * 0.99
    inputs = aimed(carbon={"budget_kg_per_day": most * 24.0 / 5.0})
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    assert plan.cost.carbon_kg <= most + 0.05
    assert plan.cost.carbon_kg == pytest.approx(most, rel=1e-3)
    price = plan.limit_prices["utility carbon budget"]
    tighter = make_plan(aimed(carbon={"budget_kg_per_day": (most - 1.0) * 24.0 / 5.0})).plan
    assert tighter.cost.total_cost - plan.cost.total_cost == pytest.approx(price, rel=0.3)
    with pytest.raises(PlanRejectedError, match="utility carbon budget short by 1 kg"):
        verify_plan(aimed(carbon={"budget_kg_per_day": (plan.cost.carbon_kg - 1.0) * 24.0 / 5.0}), plan)


def test_a_carbon_budget_out_of_reach_is_named_with_what_is_missing() -> None:
    relaxed, _ = relax(prepared(aimed()), 10.0)
    least = relaxed.problem.solve(SOLVERS, 10.0, objective=relaxed.goal("carbon"))
    with pytest.raises(InfeasibleError) as error:
        make_plan(aimed(carbon={"budget_kg_per_day": (least - 20.0) * 24.0 / 5.0}))
    (shortfall,) = error.value.shortfalls
    assert (shortfall.limit, shortfall.unit, shortfall.at) == ("utility carbon budget", "kg", None)
    assert shortfall.amount == pytest.approx(20.0, abs=0.1)


@pytest.mark.parametrize(
    ("planning", "said"),
    [
        ({"goals": [{"of": "cost"}, {"of": "cost"}]}, "cost stands in it twice"),
        ({"goals": [{"of": "cost"}], "weights": {"carbon_per_kg": 1.0}}, "either goals in order or weights, not both"),
        ({"goals": [{"of": "comfort"}]}, "'cost', 'carbon', 'water', 'energy' or 'peak'"),
        ({"goals": [{"of": "cost", "slack_frac": 1.5}]}, "less than or equal to 1"),
        ({"weights": {"carbon_per_kg": -1.0}}, "greater than or equal to 0"),
    ],
)
def test_goals_that_make_no_sense_are_refused_by_the_site_file(planning: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        aimed(planning)
