"""Where the solver ended, kept for the next problem of the same form: where it begins is all that this changes.

A plan is like the one before it, and so is the corner at which its problem is solved: from there HiGHS takes an eighth of the
steps. Each is dearer, as none of the problem is presolved: on three halls it takes half the time, on twelve two thirds.
Problems are made anew from what is measured and known. Nothing of an old one enters a new one, so nothing kept can be out of date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cvxpy as cp
import highspy
import numpy as np

from facility.plan.places import KIN, Naming, Places
from facility.plan.vertices import IntArray

# Measured on relaxations: HiGHS by itself takes steepest edges, a third slower on the campus of 12 halls (but a fifth faster on a
# site with two plants and a tank), and perturbs costs little, a third slower again. It takes the perturbation back at the end.
# From a corner nearby both are in the way.
_FROM_NOWHERE: dict[str, Any] = {
    "simplex_dual_edge_weight_strategy": 1,
    "dual_simplex_cost_perturbation_multiplier": 30.0,
}
_STATUSES = sorted(highspy.HighsBasisStatus.__members__.values(), key=int)
_BASIC, _NONBASIC = int(highspy.HighsBasisStatus.kBasic), int(highspy.HighsBasisStatus.kNonbasic)


@dataclass(eq=False)
class Bases:
    """The basis of the last solution of each form of problem."""

    _kept: dict[tuple[int, int], tuple[Places, highspy.HighsBasis]] = field(default_factory=dict)

    def solve(self, problem: Any, naming: Naming, compiler: str, time_limit_s: float) -> None:
        """Solve a problem without binaries with HiGHS, from where the last one of its form ended."""
        data, chain, inverse = problem.get_problem_data(cp.HIGHS, canon_backend=compiler)
        places, solver = naming.of(data["param_prob"]), _loaded(data)
        solver.setOptionValue("time_limit", time_limit_s)
        if not self._begin(solver, places):
            for name, value in _FROM_NOWHERE.items():
                solver.setOptionValue(name, value)
        solver.run()
        if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
            self._kept[places.form] = places, solver.getBasis()
        problem.unpack_results(_results(solver), chain, inverse)

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


def _loaded(data: dict[str, Any]) -> highspy.Highs:
    """Return HiGHS with a compiled problem: rows at most `b`, the first ones equal to it."""
    matrix, most, equal = data["A"].tocsc(), data["b"], data["dims"].zero
    lp, infinite = highspy.HighsLp(), np.full(matrix.shape[1], np.inf)
    low, high = data["lower_bounds"], data["upper_bounds"]
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_ = data["c"]
    lp.row_lower_, lp.row_upper_ = np.where(np.arange(most.size) < equal, most, -np.inf), most
    lp.col_lower_, lp.col_upper_ = -infinite if low is None else low, infinite if high is None else high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.passModel(lp)
    return solver


def _results(solver: highspy.Highs) -> dict[str, Any]:
    """Return what cvxpy's interface to HiGHS reads an answer from."""
    status = solver.getModelStatus()
    answer: dict[str, Any] = {
        "solution": solver.getSolution(),
        "info": solver.getInfo(),
        "model_status": status.name,
        "run_time": solver.getRunTime(),
    }
    if status == highspy.HighsModelStatus.kInfeasible:
        answer["dual_ray"] = solver.getDualRay()  # type: ignore[attr-defined]
    return answer


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
