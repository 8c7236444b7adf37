"""Problems are compiled here to what cvxpy's own chain compiles them to: the same numbers in the same places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cvxpy as cp
import numpy as np
import pytest
import scipy.sparse as sp

from facility.plan.affine import UnreadError
from facility.plan.assembly import Form, SitePlan
from facility.plan.compiled import compiled
from facility.plan.deadline import Deadline
from facility.plan.inputs import PlanInputs
from facility.plan.problem import Problem, minimise
from facility.plan.relax import relax
from facility.plan.search import Search
from facility.plan.statistics import SolveStatistics
from tests.plan.enumeration import prepared
from tools.bench.plan_campus_inputs import campus_inputs
from tools.bench.plan_instance import demo_inputs

SEEN = np.array([[3.0, -1.0, 0.5], [0.0, 2.0, 4.0]])


def whole(problem: Problem) -> Any:
    """Return a problem as cvxpy knows it."""
    limits = {limit.constraint.id: limit.constraint for limit in problem.limits}
    return cp.Problem(cp.Minimize(problem.objective), [*limits.values(), *problem.physics])


def assert_as_cvxpy_compiles(problem: Any) -> None:
    """Compare cost, matrix, right side and bounds with those of cvxpy."""
    ours, (theirs, _, _) = compiled(problem), problem.get_problem_data(cp.HIGHS)
    matrix = theirs["A"].tocsc()
    assert ours.matrix.shape == matrix.shape
    assert abs(ours.matrix - matrix).max() <= 1e-12 * abs(matrix).max()
    np.testing.assert_allclose(ours.cost, theirs["c"], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(ours.most, theirs["b"], rtol=1e-12, atol=1e-12)
    assert ours.equations == theirs["dims"].zero
    free = np.full(matrix.shape[1], np.inf)
    low, high = theirs["lower_bounds"], theirs["upper_bounds"]
    binary, whole = (np.isin(np.arange(matrix.shape[1]), theirs[kind]) for kind in ("bool_vars_idx", "int_vars_idx"))
    low, high = -free if low is None else low, free if high is None else high
    np.testing.assert_array_equal(ours.low, np.where(binary, np.maximum(low, 0.0), low))
    np.testing.assert_array_equal(ours.high, np.where(binary, np.minimum(high, 1.0), high))
    np.testing.assert_array_equal(ours.integer, binary | whole)


def relaxed(inputs: PlanInputs) -> Problem:
    return SitePlan(prepared(inputs), Form()).problem


def with_binaries(inputs: PlanInputs) -> Problem:
    return SitePlan(prepared(inputs), Form(integer=True)).problem


def restricted(inputs: PlanInputs) -> Problem:
    case = prepared(inputs)
    found = Search(case, SolveStatistics(), Deadline(60.0)).run(relax(case, 60.0)[0])
    return found.plan.problem


@pytest.mark.parametrize("form", [relaxed, with_binaries, restricted])
@pytest.mark.parametrize("inputs", [lambda: demo_inputs(6.0), lambda: campus_inputs(1, 6.0)], ids=["demo", "campus"])
def test_problems_of_plans(inputs: Callable[[], PlanInputs], form: Callable[[PlanInputs], Problem]) -> None:
    assert_as_cvxpy_compiles(whole(form(inputs())))


def test_values_of_a_variable_that_alone_are_whole() -> None:
    share, count = cp.Variable((2, 3), boolean=[(0, 1), (2, 1)]), cp.Variable(3, integer=True)
    assert_as_cvxpy_compiles(
        cp.Problem(cp.Minimize(cp.sum(share) - cp.sum(count)), [count <= 7.5, cp.sum(share) >= 1.0])
    )


def test_every_kind_of_part() -> None:
    table, course, one = cp.Variable((2, 3), name="table"), cp.Variable(3, nonneg=True), cp.Variable()
    bounded = cp.Variable(3, bounds=[np.array([-1.0, 0.0, 1.0]), 5.0])
    wide: Any = sp.csr_array(SEEN)
    laws = [
        wide @ course == SEEN[:, 0],
        SEEN @ (course - 2.0 * bounded) <= one,
        table @ np.ones(3) == np.array([1.0, 2.0]),
        SEEN.T @ table >= -4.0,
        table @ SEEN.T <= 7.0,
        cp.multiply(SEEN, table) + one <= 3.0,
        cp.multiply(cp.Constant(wide), table)[:, 1:] <= cp.reshape(course[[2, 0, 1, 1]], (2, 2), order="C"),
        cp.vstack([course, bounded]) - table <= 1.0,
        cp.hstack([course[:1], cp.diff(bounded), one]) >= cp.vec(table, order="F")[:4] / 3.0,
        cp.sum(table, axis=0) <= cp.sum(table.T, axis=1) + cp.abs(course)[::-1] * 0.0 + 9.0,
        cp.abs(bounded - course) + cp.pos(one) <= 8.0,
        cp.sum(table, axis=1, keepdims=True) >= -5.0,
    ]
    aim = cp.sum(cp.abs(bounded)) + 3.0 * cp.pos(one - 1.0) + cp.sum(course) + np.ones(3) @ course
    assert_as_cvxpy_compiles(cp.Problem(cp.Minimize(aim), laws))


def test_other_kinds_are_not_read_but_solved_all_the_same() -> None:
    kw = cp.Variable()
    problem = cp.Problem(cp.Minimize(cp.square(kw - 3.0)), [kw <= 2.0])
    with pytest.raises(UnreadError, match="Power"):
        compiled(problem)
    assert minimise(problem, (cp.HIGHS,), 10.0) == pytest.approx(1.0)


def test_products_of_variables_are_not_read() -> None:
    one, other = cp.Variable(2), cp.Variable(2)
    for product in (one @ other, cp.sum(cp.multiply(one, other)), one[0] / other[0]):
        with pytest.raises(UnreadError, match="not affine"):
            compiled(cp.Problem(cp.Minimize(product)))


def test_what_misses_a_row_or_a_bound_is_measured_by_the_rows_greatest_term() -> None:
    x = cp.Variable(2, nonneg=True)
    whole = compiled(cp.Problem(cp.Minimize(x[0]), [x[0] - x[1] == 0.0, 100.0 * x[0] <= 500.0]))
    for values, worst in (([5.0, 5.0], 0.0), ([5.0, 4.0], 0.2), ([6.0, 6.0], 100.0 / 600.0), ([-0.5, -0.5], 0.5)):
        assert whole.worst_residual(np.array(values)) == pytest.approx(worst)
