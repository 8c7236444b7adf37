"""A solver begins where a like problem ended: it walks less, arrives at the same, and nothing of the old problem stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import cvxpy as cp
import pytest

from facility.errors import InfeasibleError
from facility.learn.twin import Learned, plant_models
from facility.plan.assembly import Form, SitePlan
from facility.plan.bases import Bases
from facility.plan.inputs import PlanInputs
from facility.plan.planner import make_plan
from facility.plan.problem import Problem
from facility.site_file import load_site
from tests.plan.enumeration import prepared
from tools.bench.plan_campus_inputs import forecast_anew
from tools.bench.plan_instance import DEMO, START, demo_inputs

HOURS = 12.0


def relaxed(inputs: PlanInputs) -> Problem:
    return SitePlan(prepared(inputs), Form()).problem


def walked(problem: Problem, bases: Bases) -> tuple[float, int]:
    """Solve; return the least cost and the steps of the simplex method."""
    limits = {limit.constraint.id: limit.constraint for limit in problem.limits}
    whole: Any = cp.Problem(cp.Minimize(problem.objective), [*limits.values(), *problem.physics])
    steps = bases.solve(whole, problem.naming, 60.0).steps
    return float(whole.value), steps


def later(minutes: float) -> PlanInputs:
    return forecast_anew(demo_inputs(HOURS, start=START + timedelta(minutes=minutes)))


def changed(**parts: Any) -> PlanInputs:
    """Return inputs in which the plant is another: fewer units in service, or another model of them."""
    (plant,) = plant_models(load_site(DEMO), Learned(), START, {})
    return replace(demo_inputs(HOURS), plants=[replace(plant, **parts)])


def without_economizer() -> PlanInputs:
    return changed(economizer=None)


def with_worse_chillers() -> PlanInputs:
    (plant,) = plant_models(load_site(DEMO), Learned(), START, {})
    return changed(chillers=tuple(replace(one, rated_cop=0.8 * one.rated_cop) for one in plant.chillers))


@pytest.mark.parametrize("minutes", [0.0, 15.0, 60.0], ids=["forecasts alone", "a step on", "an hour on"])
def test_from_where_the_last_plan_ended_it_is_a_short_walk_to_the_same_bound(minutes: float) -> None:
    bases = Bases()
    walked(relaxed(demo_inputs(HOURS)), bases)
    cost, far = walked(relaxed(later(minutes)), Bases())
    same, near = walked(relaxed(later(minutes)), bases)
    assert same == pytest.approx(cost, rel=1e-7)
    assert near < 0.5 * far


def test_the_same_problem_again_takes_no_step() -> None:
    bases = Bases()
    cost, _ = walked(relaxed(demo_inputs(HOURS)), bases)
    again, steps = walked(relaxed(demo_inputs(HOURS)), bases)
    assert again == pytest.approx(cost, rel=1e-9)
    assert steps == 0


@pytest.mark.parametrize("other", [without_economizer, with_worse_chillers])
def test_another_plant_is_bounded_as_if_nothing_had_been_kept(other: Callable[[], PlanInputs]) -> None:
    bases = Bases()
    before, _ = walked(relaxed(demo_inputs(HOURS)), bases)
    cost, _ = walked(relaxed(other()), Bases())
    assert cost > 1.001 * before
    assert walked(relaxed(other()), bases)[0] == pytest.approx(cost, rel=1e-7)


@pytest.mark.parametrize("other", [lambda: later(0.0), lambda: later(15.0), without_economizer])
def test_plans_from_kept_bases_and_from_none_cost_the_same_within_their_gap(other: Callable[[], PlanInputs]) -> None:
    bases = Bases()
    in_force = make_plan(demo_inputs(HOURS), bases).plan
    kept, fresh = (make_plan(replace(other(), in_force=in_force), one) for one in (bases, Bases()))
    assert kept.statistics.bound == pytest.approx(fresh.statistics.bound, rel=1e-7)
    gap = max(one.plan.gap for one in (kept, fresh))
    assert abs(kept.plan.cost.total_cost - fresh.plan.cost.total_cost) <= gap * abs(fresh.plan.cost.total_cost)


def test_what_leaves_no_plan_is_said_to_wherever_the_solver_begins() -> None:
    bases = Bases()
    make_plan(demo_inputs(HOURS), bases)
    for _ in range(2):
        with pytest.raises(InfeasibleError, match="import limit"):
            make_plan(within_import(100.0), bases)
    assert make_plan(demo_inputs(HOURS), bases).plan.gap < 0.01


def within_import(limit_kw: float) -> PlanInputs:
    inputs = demo_inputs(HOURS)
    electrical = inputs.site.electrical.model_copy(update={"import_limit_kw": limit_kw})
    return replace(inputs, site=inputs.site.model_copy(update={"electrical": electrical}))
