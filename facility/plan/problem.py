"""A problem made of named parts: limits that can be slackened to find what cannot be met, physics that cannot, and costs."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import cvxpy as cp
import numpy as np
import scipy.sparse as sp

from facility.errors import NoPlanFoundError
from facility.plan.affine import UnreadError
from facility.plan.bases import Bases
from facility.plan.places import Naming
from facility.plan.quiet_highs import greet_nobody
from facility.plan.vertices import IntArray
from facility.records import FloatArray

TOLERANCE = 1e-4  # kW, kWh, servers or K by which a solution may miss a limit, relative above 1
SOLVED = frozenset({cp.OPTIMAL, cp.OPTIMAL_INACCURATE, cp.USER_LIMIT})
INFEASIBLE = frozenset({cp.INFEASIBLE, cp.INFEASIBLE_INACCURATE})
Begin = tuple[Bases, Naming]  # what a solver may begin from, and the names by which that is found
greet_nobody()


@dataclass(frozen=True, slots=True, eq=False)
class Limit:
    """A named limit, `excess <= 0`, in `unit`; one value for each of `steps`, from step nought on where none are given."""

    name: str
    equipment: str
    excess: Any  # cvxpy expression
    unit: str
    constraint: Any  # cvxpy constraint
    steps: IntArray | None = None
    rows: IntArray | None = None  # of a constraint that several pieces of equipment share
    weight: float = 1.0  # of a unit that is short of it: what weighs less is found to be short first

    @property
    def price(self) -> FloatArray:
        """What a unit more would save, a value a step; nothing where the problem has binaries."""
        dual = self.constraint.dual_value
        if dual is None:
            return np.zeros(0)
        return np.atleast_1d(np.abs(dual) if self.rows is None else np.abs(dual[self.rows]))

    def steps_of(self, values: FloatArray) -> IntArray:
        """Return the steps that a value for each belongs to."""
        return np.arange(len(values)) if self.steps is None else self.steps


def rise(steps: int) -> Any:
    """Return the matrix (T, T) that makes changes from step to step of a course, the first from nought.

    Sums up to each step, written out, would fill half a matrix; a course and its changes take two entries a step.
    """
    return sp.diags_array([1.0, -1.0], offsets=[0, -1], shape=(steps, steps)).tocsr()


class ProvenInfeasibleError(Exception):
    """Internal to the plan: the solver proved that a problem has no solution; `short` are limits that clash, if they are known."""

    def __init__(self, short: Sequence[tuple[Limit, FloatArray]] = ()) -> None:
        self.short = short
        super().__init__("no solution")


@dataclass(eq=False)
class Problem:
    """Limits, physics and costs, each by name, and the way to solve them."""

    limits: list[Limit] = field(default_factory=list)
    physics: list[Any] = field(default_factory=list)
    costs: dict[str, list[Any]] = field(default_factory=dict)
    penalties: list[Any] = field(default_factory=list)
    naming: Naming = field(default_factory=Naming)
    bases: Bases = field(default_factory=Bases)

    def limit(
        self, name: str, equipment: str, excess: Any, unit: str, steps: IntArray | None = None, *, weight: float = 1.0
    ) -> None:
        """Add a named limit: `excess` must not be positive; its values belong to `steps`, or to all from the first on."""
        self.limits.append(Limit(name, equipment, excess, unit, excess <= 0, steps, weight=weight))

    def limit_each(
        self, name: str, equipment: Sequence[str], excess: Any, unit: str, at: Sequence[tuple[IntArray, IntArray]]
    ) -> None:
        """Add a named limit of several pieces of equipment, compiled as one; `at` holds the values and the steps of each."""
        shared = excess <= 0
        for one, (rows, steps) in zip(equipment, at, strict=True):
            self.limits.append(Limit(name, one, excess[rows], unit, shared, steps, rows))

    def law(self, *constraints: Any) -> None:
        """Add constraints that no relaxation may touch: balances, definitions, sign of variables."""
        self.physics.extend(constraints)

    def defined(self, expression: Any) -> Any:
        """Return a variable that equals an expression: what several constraints use is compiled once."""
        variable = cp.Variable(expression.shape)
        self.law(variable == expression)
        return variable

    def above_lines(self, value: Any, argument: Any, slopes: FloatArray, intercepts: FloatArray) -> None:
        """Hold `value` (T) above lines of `argument` (T); slopes and intercepts (T, K). One constraint for all."""
        steps, lines = slopes.shape
        at, ends = np.tile(np.arange(steps), lines), np.arange(steps * lines + 1)
        each, steep = (
            sp.csr_array((entries, at, ends), shape=(steps * lines, steps))
            for entries in (np.ones(steps * lines), slopes.T.ravel())
        )
        self.law(each @ value >= steep @ argument + intercepts.T.ravel())

    def cost(self, name: str, expression: Any) -> None:
        """Add a named cost term, in the site's currency."""
        self.costs.setdefault(name, []).append(expression)

    def penalty(self, expression: Any) -> None:
        """Add what counts whatever is made least, and in no value that is returned."""
        self.penalties.append(expression)

    @property
    def objective(self) -> Any:
        """The sum of all costs."""
        return cp.sum([term for terms in self.costs.values() for term in terms])

    def solve(
        self, solvers: Sequence[str], time_limit_s: float, mip_gap: float = 1e-5, objective: Any | None = None
    ) -> float:
        """Minimise the cost, or another objective, with the first solver whose answer holds when checked; return its value.

        Raises
        ------
        ProvenInfeasibleError
            If a solver proves that there is no solution, and some limit is short unless there are binaries.
        NoPlanFoundError
            If no solver gives an answer that satisfies the constraints.
        """
        constraints = [*{limit.constraint.id: limit.constraint for limit in self.limits}.values(), *self.physics]
        aim = self.objective if objective is None else objective
        problem = cp.Problem(cp.Minimize(cp.sum([aim, *self.penalties])), constraints)
        try:
            begin = self.bases, self.naming
            return minimise(problem, solvers, time_limit_s, mip_gap, begin) - self._penalised()
        except ProvenInfeasibleError:
            short = [] if problem.is_mixed_integer() else list(self.slackened(solvers, time_limit_s))
            if short or problem.is_mixed_integer() or len(solvers) == 1:
                raise ProvenInfeasibleError(short) from None
        # What clashes by less than rounding one solver may call infeasible: the next ones decide.
        return minimise(problem, solvers[1:], time_limit_s, mip_gap) - self._penalised()

    def _penalised(self) -> float:
        return float(sum(float(penalty.value) for penalty in self.penalties))

    def slackened(
        self, solvers: Sequence[str], time_limit_s: float, late_frac: float = 0.0
    ) -> Iterator[tuple[Limit, FloatArray]]:
        """Yield each limit that cannot be met together with the others and by how much, at the least total slack, each weighed.

        By `late_frac` slack counts less in the last step than in the first.
        """
        slacks = [cp.Variable(limit.excess.shape, nonneg=True) for limit in self.limits]
        loosened = [limit.excess <= slack for limit, slack in zip(self.limits, slacks, strict=True)]
        steps = [limit.steps_of(np.zeros(limit.excess.size)) for limit in self.limits]
        late = late_frac / max(1, *(step.max(initial=0) for step in steps))
        weights = [limit.weight * (1.0 - late * step) for limit, step in zip(self.limits, steps, strict=True)]
        total = cp.sum([weight @ cp.vec(slack, order="C") for weight, slack in zip(weights, slacks, strict=True)])
        minimise(cp.Problem(cp.Minimize(total), loosened + self.physics), solvers, time_limit_s)
        for limit, slack in zip(self.limits, slacks, strict=True):
            amount = np.atleast_1d(np.asarray(slack.value, dtype=float))
            if amount.max(initial=0.0) > 10 * TOLERANCE:
                yield limit, amount

    def binding(self, tolerance: float = 1e-3) -> list[Limit]:
        """Return the limits that the solution touches and whose multiplier is not zero."""
        return [limit for limit in self.limits if _binds(limit, tolerance)]


def minimise(
    problem: Any, solvers: Sequence[str], time_limit_s: float, mip_gap: float = 1e-5, begin: Begin | None = None
) -> float:
    """Solve with the first solver whose answer holds when its residuals are checked; return the value."""
    failures = []
    for solver in solvers:
        try:
            worst = _run(problem, solver, time_limit_s, mip_gap, begin or (Bases(), Naming()))
        except cp.SolverError as error:
            failures.append(f"{solver}: {error}")
            continue
        if problem.status in INFEASIBLE:
            raise ProvenInfeasibleError
        if problem.status in SOLVED and worst <= TOLERANCE:
            return float(problem.value)
        failures.append(f"{solver}: status {problem.status}, worst residual {worst:.2g}")
    raise NoPlanFoundError("no plan found: " + "; ".join(failures))


def _run(problem: Any, solver: str, time_limit_s: float, mip_gap: float, begin: Begin) -> float:
    """Solve; return by how much what was found misses the constraints at worst."""
    limit_s, (bases, naming) = max(time_limit_s, 0.1), begin
    if solver == cp.HIGHS:
        try:
            return bases.solve(problem, naming, limit_s, mip_gap).worst_residual
        except UnreadError:
            problem.solve(solver=solver, time_limit=limit_s)  # what plans are not made of: cvxpy compiles it itself
            return _worst_residual(problem)
    with warnings.catch_warnings():
        # cvxpy warns about inaccurate answers; we measure the residuals ourselves.
        warnings.filterwarnings("ignore", message="Solution may be inaccurate")
        warnings.filterwarnings("ignore", message="Your problem has status")
        # cvxpy's compiler in C++ is a little faster on small problems, on large ones far slower.
        problem.solve(solver=solver, canon_backend=cp.SCIPY_CANON_BACKEND, time_limit=limit_s)
    return _worst_residual(problem)


def _worst_residual(problem: Any) -> float:
    if problem.status not in SOLVED or problem.value is None:
        return np.inf
    worst = 0.0
    for constraint in problem.constraints:
        size = max((float(np.abs(arg.value).max(initial=1.0)) for arg in constraint.args if arg.size), default=1.0)
        worst = max(worst, float(np.max(constraint.violation(), initial=0.0)) / max(size, 1.0))
    return worst


def _binds(limit: Limit, tolerance: float) -> bool:
    price = limit.price
    if not price.size:
        return False
    touching = np.atleast_1d(limit.excess.value) > -tolerance
    return bool((touching & (price > tolerance * 1e-2)).any())
