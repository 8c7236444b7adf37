"""What cannot be met is proven and named with its amount; what was only not found is said to be that."""

from __future__ import annotations

from typing import Any

import cvxpy as cp
import numpy as np
import pytest

from facility.errors import InfeasibleError, NoPlanFoundError
from facility.plan.planner import make_plan
from facility.plan.problem import Problem, ProvenInfeasibleError, minimise
from facility.plan.relax import SOLVERS
from models.cooling import Mode
from tests.plan.toy import BATTERY, POOL, ToyPlant, toy_inputs, toy_site


def electrical(**changes: Any) -> dict[str, Any]:
    return {
        "transformer": {"id": "t-1", "rated_kw": 800.0, "no_load_kw": 2.0, "square_frac": 0.01},
        "ups": {"id": "ups-1", "rated_kw": 600.0, "no_load_kw": 5.0, "proportional_frac": 0.01, "square_frac": 0.02},
    } | changes


def test_an_import_limit_below_the_load_is_named_with_its_amount() -> None:
    load = {"hall-1": np.array([200.0, 300.0, 200.0, 200.0])}
    free = make_plan(toy_inputs(toy_site(4.0), it_power_kw=load))
    peak = max(free.plan.schedule["site.power_kw"])
    site = toy_site(4.0, electrical=electrical(import_limit_kw=peak - 20.0))
    with pytest.raises(InfeasibleError) as error:
        make_plan(toy_inputs(site, it_power_kw=load))
    (shortfall,) = error.value.shortfalls
    assert shortfall.limit == "utility import limit"
    assert shortfall.unit == "kW"
    assert shortfall.amount == pytest.approx(20.0, abs=1.0)
    assert shortfall.at is not None and shortfall.at.hour == 7


def test_a_plant_too_small_is_named_with_the_heat_it_leaves() -> None:
    load = {"hall-1": np.array([300.0, 430.0, 300.0, 300.0])}
    with pytest.raises(InfeasibleError) as error:
        make_plan(toy_inputs(toy_site(4.0), it_power_kw=load))
    (shortfall,) = error.value.shortfalls
    assert shortfall.limit == "plant-1 chiller capacity"
    assert shortfall.amount == pytest.approx(30.0, abs=430.0 / 40)


def test_headroom_beyond_the_pool_wakes_all_of_it_and_is_named() -> None:
    """An upper quantile two days ahead must not void the plan of the next hours."""
    site = toy_site(4.0, server_pools=[POOL])
    busy = np.array([150.0, 150.0, 350.0, 350.0])
    plan = make_plan(toy_inputs(site, busy_servers={"pool-1": busy}, awake_servers={"pool-1": 400.0})).plan
    assert [(one.limit, one.amount) for one in plan.shortfalls] == [("pool-1 headroom", 20.0)]
    awake = plan.schedule["pool-1.awake_servers_command"]
    assert awake[3] == 400.0
    assert awake[0] < 400.0


def test_an_overloaded_ups_is_named() -> None:
    load = {"hall-1": np.full(4, 200.0)}
    ups = {"id": "ups-1", "rated_kw": 180.0, "no_load_kw": 5.0}
    with pytest.raises(InfeasibleError, match="ups-1 rated power short by 20 kW"):
        make_plan(toy_inputs(toy_site(4.0, electrical=electrical(ups=ups)), it_power_kw=load))


def test_no_free_cooling_and_no_chiller_means_no_state_at_all() -> None:
    plant = ToyPlant(modes=(Mode.FREE,))
    with pytest.raises(InfeasibleError, match=r"plant-1 free cooling wet bulb short by 2[0-9]+ kW"):
        make_plan(toy_inputs(toy_site(4.0), plant, wet_bulb_degc=np.full(4, 20.0)))


def test_time_that_runs_out_keeps_present_operation_and_says_so() -> None:
    result = make_plan(toy_inputs(toy_site(4.0, batteries=[BATTERY]), time_limit_s=0.0))
    assert result.plan.cost == result.plan.baseline_cost
    assert any("present operation is kept" in note for note in result.plan.notes)


def test_nothing_is_proven_when_dwell_times_leave_no_path() -> None:
    """Free cooling is all there is in one hour, mechanical in the next: each mode must be held two hours."""

    class Alternating(ToyPlant):
        def evaluate(self, state: Any, load: Any) -> Any:
            response = super().evaluate(state, load)
            wrong = (load.outdoor_degc > 20.0) != (state.mode is Mode.MECHANICAL)
            object.__setattr__(response, "feasible", response.feasible & ~wrong)
            object.__setattr__(response, "limit", np.where(wrong, "season", response.limit))
            return response

    outdoor = np.array([15.0, 25.0, 15.0, 25.0, 25.0])
    inputs = toy_inputs(toy_site(5.0), Alternating(), outdoor_degc=outdoor, wet_bulb_degc=np.full(5, 5.0))
    with pytest.raises((InfeasibleError, NoPlanFoundError), match="dwell"):
        make_plan(inputs)


def test_an_answer_that_misses_its_constraints_is_not_taken() -> None:
    x = cp.Variable()
    problem = cp.Problem(cp.Minimize(x), [x >= 1.0])
    assert minimise(problem, (cp.HIGHS,), 10.0) == pytest.approx(1.0)
    with pytest.raises(NoPlanFoundError, match="NO_SUCH_SOLVER"):
        minimise(problem, ("NO_SUCH_SOLVER",), 10.0)


def test_slack_names_only_the_limits_that_clash() -> None:
    problem, x = Problem(), cp.Variable(3)
    problem.limit("upper", "a", x - 1.0, "kW")
    problem.limit("lower", "b", 3.0 - x[:1], "kW")
    problem.cost("any", cp.sum(x))
    with pytest.raises(ProvenInfeasibleError):
        problem.solve((cp.HIGHS,), 10.0)
    slack = {limit.name: amount.max() for limit, amount in problem.slackened((cp.HIGHS,), 10.0)}
    assert sum(slack.values()) == pytest.approx(2.0)


def test_what_clashes_by_less_than_rounding_is_no_proof() -> None:
    problem, x = Problem(), cp.Variable(3)
    problem.limit("upper", "a", x - 1000.0, "kW")
    problem.law(x >= 1000.0 + 1e-6)
    problem.cost("any", cp.sum(x))
    with pytest.raises(ProvenInfeasibleError):
        problem.solve((cp.HIGHS,), 10.0)
    assert problem.solve((cp.HIGHS, cp.CLARABEL), 10.0) == pytest.approx(3000.0)


@pytest.mark.parametrize("solver", SOLVERS)
def test_what_has_no_solution_is_proven_so_by_each_solver(solver: str) -> None:
    x = cp.Variable()
    with pytest.raises(ProvenInfeasibleError):
        minimise(cp.Problem(cp.Minimize(x), [x >= 2.0, 2.0 * x <= 1.0, x + x >= 0.0]), (solver,), 10.0)
