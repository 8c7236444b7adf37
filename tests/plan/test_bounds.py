"""Rows that hold one variable alone are solved as bounds, and priced as the rows that they are."""

from __future__ import annotations

from typing import Any

import cvxpy as cp
import numpy as np
import pytest

from facility.plan.assembly import Form, SitePlan
from facility.plan.bases import Bases
from facility.plan.bounds import Bounds
from facility.plan.compiled import compiled
from facility.plan.places import Naming
from tests.plan.enumeration import prepared
from tools.bench.plan_instance import demo_inputs


def solved(aim: Any, *constraints: Any) -> list[float]:
    """Solve; return the constraints' multipliers."""
    Bases().solve(cp.Problem(cp.Minimize(aim), list(constraints)), Naming(), 10.0)
    return [float(one.dual_value) for one in constraints]


def test_of_several_bounds_the_tightest_has_the_price() -> None:
    x = cp.Variable()
    assert solved(3.0 * x, x >= 1.0, x >= 2.0, x >= 2.0, x <= 9.0) == [0.0, pytest.approx(3.0), 0.0, 0.0]
    assert x.value == pytest.approx(2.0)


def test_a_price_is_that_of_the_row_as_it_is_written() -> None:
    x, y = cp.Variable(), cp.Variable()
    assert solved(3.0 * x - y, 6.0 - 2.0 * x <= 0.0, 0.5 * y <= 4.0) == pytest.approx([1.5, 2.0])
    assert (x.value, y.value) == pytest.approx((3.0, 8.0))


def test_what_a_variable_holds_by_itself_no_row_is_paid_for() -> None:
    x = cp.Variable(nonneg=True)
    assert solved(x, x >= 0.0) == [0.0]


def test_bounds_that_contradict_have_no_solution() -> None:
    x = cp.Variable()
    problem = cp.Problem(cp.Minimize(x), [x >= 2.0, x <= 1.0])
    Bases().solve(problem, Naming(), 10.0)
    assert problem.status == cp.INFEASIBLE


def test_rows_of_nothing_stay_rows() -> None:
    x = cp.Variable(2)
    problem = cp.Problem(cp.Minimize(cp.sum(x)), [np.zeros((1, 2)) @ x <= -1.0, x >= 0.0])
    Bases().solve(problem, Naming(), 10.0)
    assert problem.status == cp.INFEASIBLE


@pytest.mark.parametrize("seed", range(12))
def test_prices_are_those_of_a_solver_that_has_every_row(seed: int) -> None:
    draw = np.random.default_rng(seed)
    x, scale = cp.Variable(6), draw.uniform(0.5, 2.0, 6)
    box = [cp.multiply(scale, x) <= draw.uniform(1.0, 2.0, 6), -cp.multiply(scale, x) <= draw.uniform(1.0, 2.0, 6)]
    rows = draw.normal(size=(4, 6)) @ x <= draw.uniform(0.1, 1.0, 4)
    problem = cp.Problem(cp.Minimize(draw.normal(size=6) @ x), [*box, rows, cp.sum(x) == 0.1])
    Bases().solve(problem, Naming(), 10.0)
    ours = [one.dual_value for one in problem.constraints]
    problem.solve(solver=cp.HIGHS)
    for mine, theirs in zip(ours, (one.dual_value for one in problem.constraints), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-7)


def test_a_plan_has_such_rows() -> None:
    problem = SitePlan(prepared(demo_inputs(6.0)), Form()).problem
    limits = {limit.constraint.id: limit.constraint for limit in problem.limits}
    whole = compiled(cp.Problem(cp.Minimize(problem.objective), [*limits.values(), *problem.physics]))
    assert (~Bounds.of(whole).left).sum() > 0.1 * len(whole.most)


@pytest.mark.parametrize("crossed", [0.0, 4e-16, 1e-9, 5e-8])
def test_bounds_that_cross_by_rounding_have_the_solution_that_rows_would_have(crossed: float) -> None:
    x = cp.Variable()
    problem = cp.Problem(cp.Minimize(x), [x <= 0.3, -x <= -(0.3 + crossed)])
    Bases().solve(problem, Naming(), 10.0)
    assert problem.status == cp.OPTIMAL
    assert x.value == pytest.approx(0.3, abs=1e-7)
