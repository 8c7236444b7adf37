"""The jobs of a pool in the problem: weights of their choices; whole where the problem is to be exact."""

from __future__ import annotations

from typing import Any

import cvxpy as cp
import numpy as np
import scipy.sparse as sp

from facility.plan.job_case import JobCase
from facility.plan.problem import Problem
from facility.records import FloatArray
from models.cooling import BoolArray

NEAR = 6  # cheapest choices of each job that are tried beside those of the solution


class JobsPlan:
    """Jobs in the problem.

    `exact` takes each choice or leaves it, of `only` some; `taken` holds choices that are decided.
    """

    def __init__(
        self,
        problem: Problem,
        case: JobCase,
        terminal_value_per_kwh: float,
        *,
        exact: bool = False,
        only: BoolArray | None = None,
        taken: FloatArray | None = None,
    ) -> None:
        self.case, choices = case, case.choices
        self.taken: Any = cp.Constant(taken) if taken is not None else self._variable(problem, exact, only)
        self.power_kw = choices.power_kw @ self.taken
        done_kwh = choices.power_kw.sum(axis=0) * case.step_h
        total_kwh = sum(one.job.energy_kwh for one in case.jobs)
        problem.cost("terminal", terminal_value_per_kwh * (total_kwh - done_kwh @ self.taken))
        wait = (choices.power_kw.toarray() * case.wait_cost_per_kw[choices.job].T).sum(axis=0)
        problem.cost("wear", wait @ self.taken)

    def _variable(self, problem: Problem, exact: bool, only: BoolArray | None) -> Any:
        case, choices = self.case, self.case.choices
        single = np.flatnonzero(choices.single)
        taken = cp.Variable(len(choices.job), boolean=[single] if exact and single.size else False)
        if only is not None:
            problem.law(taken[np.flatnonzero(~only)] == 0.0)
        missing = cp.Variable(len(case.jobs), nonneg=True)
        self._bounds = [taken >= 0.0, taken <= 1.0]
        problem.law(*self._bounds, choices.units @ taken <= choices.most)
        problem.law(missing >= choices.least - choices.units @ taken)
        at = np.clip(case.ends - 1, 0, case.steps - 1)
        kwh = np.array([one.job.energy_kwh / one.units for one in case.jobs])
        at_end = sp.csr_array((kwh, (at, np.arange(len(at)))), shape=(case.steps, len(at)))
        problem.limit("due time", f"{case.pool} jobs", at_end @ missing, "kWh")
        return taken

    def near(self) -> BoolArray:
        """Return the choices that the solution takes, and of each job those that would cost the least more to take."""
        costs = np.abs(np.asarray(self._bounds[0].dual_value))
        near = np.asarray(self.taken.value > 1e-6)
        for index in range(len(self.case.jobs)):
            own = np.flatnonzero(self.case.choices.job == index)
            near[own[costs[own].argsort(kind="stable")[:NEAR]]] = True
        return near

    @property
    def decided(self) -> FloatArray:
        """The solution's choices, solver noise cut off."""
        taken = np.clip(np.asarray(self.taken.value, dtype=float), 0.0, 1.0)
        return np.asarray(np.where(self.case.choices.single, np.round(taken), taken))
