"""Heat pumps and heat contracts: against every schedule of a grid, with least times, a buffer, and refused when tampered with."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import numpy as np
import pytest

from facility.plan.baseline import baseline
from facility.plan.case import ItCase
from facility.plan.inputs import HeatPumpNow, PlanInputs
from facility.plan.planner import make_plan
from facility.plan.simulate import simulate
from facility.plan.verify import PlanRejectedError, verify_plan, violations
from facility.workload import Job
from models.cooling import Mode
from tests.plan.toy import POOL, START, WORK, ToyPlant, series, toy_inputs, toy_site

RACK = {"id": "r1", "rated_kw": 400.0, "liquid_loop": "loop-1", "liquid_frac": 0.5}
LOOP = {
    "id": "loop-1", "plant": "plant-1", "hall": "hall-1",
    "cdus": [{"id": "cdu-1", "rated_heat_kw": 300.0, "rated_flow_lps": 10.0, "rated_pump_kw": 3.0}],
}  # fmt: skip
PUMP = {"id": "hp-1", "source": "loop-1", "rated_heat_kw": 100.0, "min_part_load_frac": 0.25, "min_run_min": 30.0}
CONTRACT = {"id": "network", "heat_pumps": ["hp-1"], "demand_kw": 80.0, "price_per_kwh": 0.06}
BUFFER = {"id": "buffer-1", "volume_m3": 4.0}
HEAT = "hp-1.heat_output_setpoint_kw"
PLANT = ToyPlant(water_degc=(10.0,), modes=(Mode.MECHANICAL,), loops=("loop-1",))


def heat_inputs(
    price: list[float], contract: dict[str, Any] | None = None, pump: dict[str, Any] | None = None, **changes: Any
) -> PlanInputs:
    site = toy_site(
        float(len(price)),
        halls=[{"id": "hall-1", "racks": [RACK]}],
        liquid_loops=[LOOP],
        heat_pumps=[PUMP | (pump or {})],
        heat_contracts=[CONTRACT | (contract or {})],
        **changes.pop("site", {}),
    )
    steps = len(price)
    given: dict[str, Any] = {
        "price_per_kwh": np.array(price),
        "heat_pumps_now": {"hp-1": HeatPumpNow(running=False)},
        "heat_demand_kw": {"network": np.full(steps, 80.0)},
    }
    return toy_inputs(site, PLANT, **(given | changes))


def cheapest_of_a_grid(inputs: PlanInputs, levels: list[float]) -> float:
    """Try heats on a grid, each through simulation and verification; the state is the only one there is."""
    it = ItCase.of(inputs)
    held, value = baseline(it)
    costs = []
    for course in product(levels, repeat=inputs.steps):
        run = simulate(it, replace(held.decisions, heat_kw={"hp-1": np.array(course)}), value)
        if not violations(it, run):
            costs.append(run.cost.total_cost)
    return min(costs)


@pytest.mark.parametrize(
    "price",
    [[0.1, 0.4, 0.1, 0.4], [0.0] * 4, [-0.2, 0.3, -0.1, 0.3], [0.2] * 4],
    ids=["two", "nothing", "paid", "flat"],
)
@pytest.mark.parametrize("min_run_min", [30.0, 120.0])
def test_no_schedule_of_a_grid_is_cheaper(price: list[float], min_run_min: float) -> None:
    inputs = heat_inputs(price, pump={"min_run_min": min_run_min})
    best = cheapest_of_a_grid(inputs, [0.0, 25.0, 50.0, 80.0])
    plan = make_plan(inputs).plan
    assert plan.cost.total_cost <= best + 2e-3 * abs(best) + 1e-6
    assert plan.bound <= best + 2e-3 * abs(best)
    verify_plan(inputs, plan)


def test_heat_is_sold_while_power_is_cheap_and_not_while_it_is_dear() -> None:
    heat = make_plan(heat_inputs([0.05, 0.05, 0.8, 0.8])).plan.schedule[HEAT]
    assert heat == pytest.approx([80.0, 80.0, 0.0, 0.0], abs=0.1)


def test_heat_owed_is_delivered_though_power_is_dear() -> None:
    firm = {"priority": "firm", "shortfall_cost_per_kwh": 1.0}
    plan = make_plan(heat_inputs([0.8] * 4, firm)).plan
    assert plan.schedule[HEAT] == pytest.approx([80.0] * 4, abs=0.1)
    assert plan.cost.heat_shortfall_cost == pytest.approx(0.0, abs=0.1)
    assert plan.cost.heat_income == pytest.approx(0.06 * 4 * 80.0, rel=1e-3)


def test_a_buffer_carries_heat_into_dear_hours() -> None:
    price, firm = [0.05, 0.8, 0.8, 0.05], {"priority": "firm", "shortfall_cost_per_kwh": 1.0}
    soc = {"state_of_charge_frac": {"buffer-1": 0.0}}
    demand = {"heat_demand_kw": {"network": np.full(4, 40.0)}}
    plain = make_plan(heat_inputs(price, firm, **demand)).plan
    plan = make_plan(heat_inputs(price, firm | {"buffer": BUFFER}, **soc, **demand)).plan
    assert plan.schedule[HEAT][0] > 90.0
    assert plan.schedule["network.heat_delivered_kw"] == pytest.approx([40.0] * 4, abs=0.1)
    assert plan.cost.total_cost < plain.cost.total_cost - 5.0


def test_what_the_pump_takes_the_plant_need_not_remove() -> None:
    inputs = heat_inputs([0.05] * 4, it_power_kw={"hall-1": np.full(4, 200.0)})
    plan = make_plan(inputs).plan
    taken = 80.0 - np.array(plan.schedule["hp-1.power_kw"])
    assert plan.schedule["plant-1.heat_kw"] == pytest.approx(200.0 - taken, abs=0.1)


def test_reuse_factor_and_effectiveness_follow_from_the_energies() -> None:
    schedule = make_plan(heat_inputs([0.05] * 4)).plan.schedule
    reused, it = sum(schedule["site.heat_delivered_kw"]), sum(schedule["site.it_power_kw"])
    facility = schedule["site.interim_pue"][-1] * it
    assert schedule["site.interim_erf"][-1] == pytest.approx(reused / facility)
    assert schedule["site.interim_ere"][-1] == pytest.approx((facility - reused) / it)


def test_a_running_pump_keeps_its_least_time() -> None:
    now = {"hp-1": HeatPumpNow(running=True, held_min=60.0)}
    plan = make_plan(heat_inputs([0.9] * 4, pump={"min_run_min": 180.0}, heat_pumps_now=now)).plan
    assert plan.schedule[HEAT] == pytest.approx([25.0, 25.0, 0.0, 0.0], abs=0.1)


def test_a_pump_stops_at_once_when_nobody_asks_for_heat() -> None:
    now = {"hp-1": HeatPumpNow(running=True, held_min=0.0)}
    demand = {"network": np.array([80.0, 0.0, 0.0, 80.0])}
    inputs = heat_inputs([0.05] * 4, pump={"min_run_min": 180.0}, heat_pumps_now=now, heat_demand_kw=demand)
    plan = make_plan(inputs).plan
    assert plan.schedule[HEAT][1] == 0.0
    verify_plan(inputs, plan)


def test_with_servers_and_work_it_is_verified_and_near_its_bound() -> None:
    site = {"server_pools": [POOL], "deferrable_work": [WORK]}
    inputs = heat_inputs([0.1, 0.4, 0.1, 0.4, 0.1, 0.4], site=site)
    plan = make_plan(inputs).plan
    assert plan.gap < 0.005
    verify_plan(inputs, plan)


def test_a_pump_that_is_not_measured_goes_on_as_the_day_before() -> None:
    plan = make_plan(heat_inputs([0.2] * 4, heat_pumps_now={})).plan
    assert HEAT not in plan.schedule
    assert any(note.startswith("hp-1: not measured") for note in plan.notes)


@pytest.mark.parametrize(("heat_kw", "limit"), [(95.0, "heat"), (10.0, "heat"), (-5.0, "heat")])
def test_a_tampered_schedule_is_refused(heat_kw: float, limit: str) -> None:
    inputs = heat_inputs([0.05] * 4)
    plan = make_plan(inputs).plan
    tampered = replace(plan, schedule={**plan.schedule, HEAT: tuple(series(inputs, heat_kw))})
    with pytest.raises(PlanRejectedError, match=f"hp-1 {limit}"):
        verify_plan(inputs, tampered)


def test_more_heat_than_buffer_and_network_take_is_refused() -> None:
    inputs = heat_inputs([0.05] * 4, {"buffer": BUFFER}, state_of_charge_frac={"buffer-1": 0.9})
    plan = make_plan(inputs).plan
    tampered = replace(plan, schedule={**plan.schedule, HEAT: tuple(series(inputs, 100.0))})
    with pytest.raises(PlanRejectedError, match="nobody takes"):
        verify_plan(inputs, tampered)


def test_with_single_jobs_it_is_verified() -> None:
    """Jobs that run whole are binaries: a solution without prices."""
    job = Job("train", "pool-1", 30.0, 60.0, START, START + timedelta(hours=5))
    inputs = heat_inputs([0.1, 0.4, 0.1, 0.4, 0.1, 0.4], site={"server_pools": [POOL]}, jobs=[job])
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    assert max(plan.schedule[HEAT]) > 0.0


def peaky_inputs(price: list[float], heat_price: float) -> PlanInputs:
    contract = {"buffer": {**BUFFER, "volume_m3": 10.0}, "price_per_kwh": heat_price}
    tariff = {"energy_price_per_kwh": 0.2, "demand_charge_per_kw_month": 0.5, "demand_window_min": 60}
    soc = {"state_of_charge_frac": {"buffer-1": 0.0}}
    return heat_inputs(price, contract, {"min_run_min": 120.0}, site={"tariff": tariff}, **soc)


def test_a_pump_stands_where_only_prices_at_the_margin_would_let_it_run() -> None:
    inputs = peaky_inputs([0.3, -0.1, 0.3, 0.0, 0.3], 0.03)
    plan = make_plan(inputs).plan
    assert plan.cost.total_cost <= cheapest_of_a_grid(inputs, [0.0, 25.0, 50.0, 80.0, 100.0])
    assert plan.gap < 1e-3


def test_the_bound_of_the_problems_lines_is_not_above_their_cost() -> None:
    plan = make_plan(peaky_inputs([0.1, 0.1, 0.1, 0.3, 0.3], 0.1)).plan
    assert 0.0 <= plan.gap < 2e-3
