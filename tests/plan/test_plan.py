"""The plan as its readers see it: the same twice, calm under noise, explained, and honest about what is not measured."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import cvxpy as cp
import numpy as np
import pytest

from facility.plan.choose import Ways
from facility.plan.inputs import PlanInputs
from facility.plan.planner import PlanResult, make_plan
from facility.plan.problem import Problem, minimise
from models.cooling import Mode
from tests.plan.enumeration import prepared
from tests.plan.toy import BATTERY, POOL, WORK, ToyPlant, toy_inputs, toy_site


@pytest.fixture(scope="module")
def inputs() -> PlanInputs:
    return toy_inputs(toy_site(24.0, batteries=[BATTERY], server_pools=[POOL], deferrable_work=[WORK]))


@pytest.fixture(scope="module")
def result(inputs: PlanInputs) -> PlanResult:
    return make_plan(inputs)


def test_the_same_inputs_give_the_same_plan(inputs: PlanInputs, result: PlanResult) -> None:
    again = make_plan(inputs)
    assert again.plan == result.plan
    assert again.levers == result.levers


def test_a_little_noise_does_not_turn_the_first_setpoints(inputs: PlanInputs, result: PlanResult) -> None:
    random = np.random.default_rng(7)
    noisy = replace(
        inputs,
        it_power_kw={"hall-1": inputs.it_power_kw["hall-1"] * (1.0 + 0.002 * random.standard_normal(24))},
        wet_bulb_degc=inputs.wet_bulb_degc + 0.02 * random.standard_normal(24),
    )
    one, other = result.plan, make_plan(noisy).plan
    changed = sum(a != b for a, b in zip(one.modes["plant-1"], other.modes["plant-1"], strict=True))
    assert changed <= 1
    water = "plant-1.leaving_chilled_water_temperature_setpoint_degc"
    assert one.schedule[water][0] == other.schedule[water][0]


def test_the_plan_costs_less_than_present_operation_and_stays_near_its_bound(result: PlanResult) -> None:
    plan = result.plan
    assert plan.cost.total_cost < plan.baseline_cost.total_cost
    assert -1e-6 < plan.gap < 0.01
    assert plan.bound <= result.statistics.surrogate_cost * (1.0 + 1e-6)


def test_each_lever_is_what_it_costs_to_put_it_back(inputs: PlanInputs, result: PlanResult) -> None:
    levers = {lever.quantity: lever for lever in result.levers}
    mode = levers["economizer_mode_command"]
    assert mode.saving_kw.low <= mode.saving_kw.value <= mode.saving_kw.high
    pool = levers["awake_servers_command"]
    asleep = pool.current - pool.recommended if pool.current is not None else 0.0
    assert pool.saving_kw.value >= asleep * 0.19  # 190 W less for each server asleep, and the losses and cooling of it
    assert levers["condenser_water_temperature_setpoint_degc"].saving_kw.value == 0.0
    assert levers["supply_air_temperature_setpoint_degc"].targets == ("crah-1.supply_air_temperature_setpoint_degc",)


def test_a_lever_that_changes_the_state_carries_both_models_errors() -> None:
    inputs = toy_inputs(toy_site(4.0), ToyPlant(half_width_kw=3.0), wet_bulb_degc=np.full(4, 5.0))
    result = make_plan(inputs)
    lever = next(lever for lever in result.levers if lever.quantity == "economizer_mode_command")
    assert lever.recommended == float(Mode.FREE)
    assert lever.saving_kw.high - lever.saving_kw.value == pytest.approx(np.hypot(3.0, 3.0))


def test_series_are_named_for_what_they_are(result: PlanResult) -> None:
    schedule = result.plan.schedule
    ratio, interim = np.array(schedule["site.power_ratio"]), np.array(schedule["site.interim_pue"])
    assert interim[0] == pytest.approx(ratio[0])
    energy = np.array(schedule["site.it_power_kw"])
    assert interim[-1] == pytest.approx(float(ratio @ energy / energy.sum()))
    assert "site.pue" not in schedule
    balance = sum(
        np.array(schedule[f"site.{part}"]) for part in ("it_power_kw", "cooling_power_kw", "electrical_loss_kw")
    )
    balance = balance + np.array(schedule["b-1.charge_power_setpoint_kw"])
    np.testing.assert_allclose(balance, schedule["site.power_kw"])


def test_what_is_not_measured_is_left_alone_and_named(inputs: PlanInputs) -> None:
    blind = replace(inputs, awake_servers={}, state_of_charge_frac={}, backlog_kwh={})
    plan = make_plan(blind).plan
    assert not any(key.startswith("b-1.") or key.endswith("awake_servers_command") for key in plan.schedule)
    assert [note.split(":")[0] for note in plan.notes[:3]] == ["pool-1", "b-1", "batch"]


def test_the_program_over_states_keeps_dwell_and_finds_the_cheapest_way() -> None:
    case = prepared(toy_inputs(toy_site(6.0))).plants["plant-1"]
    mode = case.features.mode
    cost = np.where(mode == Mode.FREE, 1.0, 2.0) + np.zeros((6, len(mode)))
    cost[2, mode == Mode.FREE] = 3.0  # one dear hour does not pay for leaving: away means two hours
    path = Ways.of(case).cheapest_path(cost)
    assert path is not None
    assert (mode[path] == Mode.FREE).all()
    cost[2, mode == Mode.FREE] = np.inf
    path = Ways.of(case).cheapest_path(cost)
    assert path is not None
    away = mode[path] != Mode.FREE
    assert away[2] and away.sum() >= 2


def test_the_dual_of_power_is_its_price() -> None:
    def cost(extra: float) -> tuple[float, float]:
        problem, power = Problem(), cp.Variable(1)
        law = power == 5.0 + extra
        problem.law(law)
        problem.cost("energy", 0.3 * cp.sum(power))
        value = problem.solve((cp.HIGHS,), 10.0)
        return value, -float(law.dual_value[0])

    low, price = cost(0.0)
    high, _ = cost(1.0)
    assert price == pytest.approx(high - low)
    assert minimise(cp.Problem(cp.Minimize(0)), (cp.HIGHS,), 1.0) == 0.0


def test_planning_leaves_standard_output_to_results() -> None:
    code = "from tests.plan.toy import *; from facility.plan.planner import make_plan; make_plan(toy_inputs(toy_site(3.0)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert run.stdout == ""


def test_what_else_the_site_draws_is_in_the_plan_its_bound_and_its_surrogate_cost() -> None:
    inputs = toy_inputs(toy_site(4.0))
    plain, lit = make_plan(inputs), make_plan(replace(inputs, other_kw=20.0))
    added = lit.plan.cost.total_cost - plain.plan.cost.total_cost
    assert added > 20.0 * 4.0 * float(inputs.price_per_kwh.min())
    assert lit.plan.bound - plain.plan.bound == pytest.approx(added, rel=0.01)
    assert lit.statistics.surrogate_cost - plain.statistics.surrogate_cost == pytest.approx(added, rel=0.01)
