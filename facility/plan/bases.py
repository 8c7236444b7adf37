"""Where the solver ended, kept for the next problem of the same form: where it begins is all that this changes.

A plan is like the one before it, and so is the corner at which its problem is solved: from there HiGHS takes an eighth of the
steps. Each is dearer, as none of the problem is presolved: on three halls it takes half the time, on twelve two thirds.
Problems are made anew from what is measured and known. Nothing of an old one enters a new one, so nothing kept can be out of date.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cvxpy as cp
import highspy
import numpy as np
from cvxpy.reductions.solution import Solution, failure_solution
from cvxpy.reductions.solvers.conic_solvers.highs_conif import HIGHS

from facility.plan.bounds import Bounds
from facility.plan.compiled import Compiled, compiled
from facility.plan.places import KIN, Naming, Places
from facility.plan.vertices import IntArray
from facility.records import FloatArray

# Measured on relaxations: HiGHS by itself takes steepest edges, a third slower on the campus of 12 halls (but a fifth faster on a
# site with two plants and a tank), and perturbs costs little, a third slower again. It takes the perturbation back at the end.
# From a corner nearby both are in the way.
_FROM_NOWHERE: dict[str, Any] = {
    "simplex_dual_edge_weight_strategy": 1,
    "dual_simplex_cost_perturbation_multiplier": 30.0,
}
_ANSWERED = (cp.OPTIMAL, cp.USER_LIMIT)
_STATUSES = sorted(highspy.HighsBasisStatus.__members__.values(), key=int)
_BASIC, _NONBASIC = int(highspy.HighsBasisStatus.kBasic), int(highspy.HighsBasisStatus.kNonbasic)


@dataclass(frozen=True, slots=True)
class Walk:
    """How many steps the simplex method took, and by how much what it ended with misses the problem at worst."""

    steps: int
    worst_residual: float


@dataclass(eq=False)
class Bases:
    """The basis of the last solution of each form of problem."""

    _kept: dict[tuple[int, int], tuple[Places, highspy.HighsBasis]] = field(default_factory=dict)

    def solve(self, problem: Any, naming: Naming, time_limit_s: float, mip_gap: float = 1e-5) -> Walk:
        """Solve a problem with HiGHS, without binaries from where the last one of its form ended.

        Raises
        ------
        facility.plan.affine.UnreadError
            If the problem has parts of another kind than those that plans are made of.
        cvxpy.error.SolverError
            If HiGHS ends without an answer.
        """
        whole = compiled(problem)
        bounds = Bounds.of(whole)
        places, solver = naming.of(whole).some(bounds.left), _loaded(whole, bounds)
        solver.setOptionValue("time_limit", time_limit_s)
        if whole.integer.any():
            solver.setOptionValue("mip_rel_gap", mip_gap)
        elif not self._begin(solver, places):
            for name, value in _FROM_NOWHERE.items():
                solver.setOptionValue(name, value)
        solver.run()
        if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal and not whole.integer.any():
            self._kept[places.form] = places, solver.getBasis()
        values = np.array(solver.getSolution().col_value)
        problem.unpack(_solution(whole, bounds, solver, values))
        worst = whole.worst_residual(values) if problem.status in _ANSWERED else np.inf
        return Walk(int(solver.getInfo().simplex_iteration_count), worst)

    def _begin(self, solver: highspy.Highs, places: Places) -> bool:
        """Let a solver begin where the last problem of this form ended; return whether there was one."""
        if places.form not in self._kept:
            return False
        old, ended = self._kept[places.form]
        basis = highspy.HighsBasis()
        basis.col_status = _found(places.columns, old.columns, ended.col_status, _NONBASIC)
        basis.row_status = _found(places.rows, old.rows, ended.row_status, _BASIC)
        basis.valid = basis.alien = True  # alien: the solver mends what does not fit
        return bool(solver.setBasis(basis) != highspy.HighsStatus.kError)


def _loaded(whole: Compiled, bounds: Bounds) -> highspy.Highs:
    """Return HiGHS with a compiled problem, the rows that are bounds as bounds."""
    matrix, most = whole.matrix[bounds.left], whole.most[bounds.left]
    equal = np.arange(len(most)) < whole.equations
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.passModel(
        matrix.shape[1], matrix.shape[0], matrix.nnz,
        int(highspy.MatrixFormat.kColwise), int(highspy.ObjSense.kMinimize), 0.0,
        whole.cost, bounds.low, bounds.high, np.where(equal, most, -np.inf), most,
        matrix.indptr, matrix.indices, matrix.data, whole.integer.astype(np.int32),
    )  # fmt: skip
    return solver


def _solution(whole: Compiled, bounds: Bounds, solver: highspy.Highs, column_values: FloatArray) -> Solution:
    """Return what HiGHS ended with as cvxpy keeps it: values of variables, and multipliers where nothing is a whole number."""
    ended, answer = solver.getModelStatus(), solver.getSolution()
    status = HIGHS.STATUS_MAP.get(ended.name, cp.SOLVER_ERROR)
    if status == cp.SOLVER_ERROR or (status in _ANSWERED and not answer.value_valid):
        raise cp.SolverError(f"HiGHS ended without an answer: {ended.name}")
    if status not in _ANSWERED:
        return failure_solution(status)
    values = _split(column_values, whole.variables)
    if whole.integer.any():
        prices = {}
    else:
        prices = _split(bounds.multipliers(-np.array(answer.row_dual), np.array(answer.col_dual)), whole.rows)
    return Solution(status, solver.getInfo().objective_function_value + whole.offset, values, prices, {})


def _split(course: FloatArray, parts: Sequence[Any]) -> dict[int, FloatArray]:
    """Return the values of variables or constraints, by their ids."""
    ends = np.cumsum([math.prod(part.shape) for part in parts])
    return {
        part.id: values.reshape(part.shape, order="F")
        for part, values in zip(parts, np.split(course, ends[:-1]), strict=True)
    }


def _found(wanted: IntArray, known: IntArray, status: Sequence[Any], otherwise: int) -> list[Any]:
    """Return statuses by name, `otherwise` of names that were not there; what was basic and is gone, the nearest of kin is."""
    statuses, order = np.fromiter(map(int, status), dtype=np.int8, count=len(status)), np.argsort(wanted)
    names, found = wanted[order], np.full(len(wanted), otherwise)
    after = np.minimum(np.searchsorted(names, known), len(names) - 1)
    before = np.maximum(after - 1, 0)
    at = np.where(np.abs(names[after] - known) <= np.abs(names[before] - known), after, before)
    same, kin = names[at] == known, (names[at] // KIN == known // KIN) & (statuses == _BASIC)
    found[order[at[same]]] = statuses[same]
    found[order[at[kin]]] = _BASIC
    return [_STATUSES[one] for one in found.tolist()]
