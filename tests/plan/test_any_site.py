"""Whatever valid site and situation: a plan that holds when recomputed from what it says, or the limit that cannot be met."""

from __future__ import annotations

import time
from dataclasses import replace

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from facility.errors import InfeasibleError, NoPlanFoundError
from facility.history.journal_codec import PLAN
from facility.plan.assembly import Form, SitePlan
from facility.plan.cut_short import as_planned
from facility.plan.inputs import PlanInputs
from facility.plan.planner import make_plan
from facility.plan.problem import ProvenInfeasibleError, minimise
from facility.plan.restrict import branch_and_bound
from facility.plan.spare import bearing_losses
from facility.plan.verify import verify_plan
from facility.records import Plan
from facility.site import Weights
from tests.plan.any_situation import any_inputs
from tests.plan.enumeration import prepared
from tests.plan.recomputed import Recomputed, balances, beyond, limits, money, stores

PIECE_ERROR_KW = 1.0
GAP_FRAC, GAP_AT_LEAST = 0.02, 2.0  # of what is at stake; upper chords are wide where prices are below nothing


@pytest.mark.slow
@settings(max_examples=12, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(inputs=any_inputs())
def test_it_plans_within_every_limit_or_names_what_cannot_be(inputs: PlanInputs) -> None:
    check(inputs)


def check(inputs: PlanInputs) -> str:
    """Plan, and check what comes of it; return in a word what did."""
    try:
        plan = make_plan(inputs, timer=time.process_time).plan  # a busy machine is no fault of the plan
    except InfeasibleError as error:
        assert error.shortfalls
        assert all(one.limit and one.unit and one.amount > 0.0 for one in error.shortfalls)
        assert no_way_out(inputs)
        return f"infeasible: {error.shortfalls[0].limit}"
    except NoPlanFoundError as error:  # what the split of heat between halls forbids is found only by trying
        assert " short by " in str(error)
        return f"none found: {error}"
    published = PLAN.load(PLAN.dump(plan))
    verify_plan(inputs, published)
    inputs = as_planned(inputs, published)
    recomputed = Recomputed(inputs, published)
    broken = beyond(balances(recomputed), 1e-6 * inputs.site.electrical.transformer.rated_kw)
    broken |= beyond(stores(recomputed), 0.05) | beyond(limits(recomputed), 0.06)
    broken |= beyond(money(recomputed), 1e-6 * max(abs(published.cost.energy_kwh), 1.0))
    assert not broken, broken
    assert is_close(inputs, published)
    whole = "in part" if plan.unmet else "whole"
    return f"kept {whole}" if plan.surrogate_cost is None else f"planned {whole}"


def is_close(inputs: PlanInputs, plan: Plan) -> bool:
    """Tell whether a plan is near its bound; or, where the bound is far, near what branch and bound finds."""
    if plan.surrogate_cost is None:
        return True
    cost, site_kw = plan.cost, np.abs(plan.schedule["site.power_kw"])
    stake = float(np.abs(inputs.price_per_kwh) @ site_kw) * inputs.step_h + cost.demand_cost + cost.carbon_cost
    stake += cost.wear_cost + cost.heat_shortfall_cost + cost.commitment_cost + abs(cost.preference_cost)
    assert plan.surrogate_cost >= plan.bound - 1e-3 * stake
    near = max(GAP_FRAC * stake, GAP_AT_LEAST) + _rounding_cost(inputs)
    if plan.surrogate_cost <= plan.bound + near:
        return True
    weights, caps = Weights(**plan.goal_weights), plan.goal_caps
    weighed = inputs if not inputs.site.planning.goals else replace(inputs, weights=weights, goal_caps=caps)
    asked = bearing_losses(replace(weighed, spare_waived=plan.spare_waived))
    exact, _ = branch_and_bound(prepared(asked), None, 30.0)
    return plan.surrogate_cost <= exact.cost + near


def _rounding_cost(inputs: PlanInputs) -> float:
    """Return what whole servers, of which branch and bound knows nothing, and pieces of a table may cost."""
    kw = PIECE_ERROR_KW + sum(pool.idle_w / 1000.0 for pool in inputs.site.server_pools)
    energy = float(np.abs(inputs.price_per_kwh).sum()) * inputs.step_h
    return kw * (energy + inputs.site.tariff.demand_charge_per_kw_month)


def no_way_out(inputs: PlanInputs) -> bool:
    """Tell whether another solver than the plan's first finds the relaxation infeasible, too."""
    case = prepared(replace(inputs, goal_caps={}))
    if any(not plant.table.available.any(axis=1).all() for plant in case.plants.values()):
        return True
    problem = SitePlan(case, Form(loose=True)).problem
    constraints = [limit.constraint for limit in problem.limits] + problem.physics
    try:
        minimise(cp.Problem(cp.Minimize(problem.objective), constraints), (cp.CLARABEL,), 20.0)
    except ProvenInfeasibleError:
        return True
    return False
