"""A server pool in the problem: awake servers follow the work with headroom, at the frequencies that take the fewest watts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cvxpy as cp
import numpy as np
import scipy.sparse as sp

from facility.plan.problem import Problem
from facility.plan.servers import LEVEL_WEAR_FRAC, SLEEP_WEAR_FRAC, PoolCase
from facility.records import FloatArray
from models.server_levels import Segments


@dataclass(frozen=True, slots=True, eq=False)
class Servers:
    """Servers awake in each step (T,), and how many of them run at each slower frequency (L-1, T)."""

    awake: FloatArray
    slowed: FloatArray


class PoolPlan:
    """The pool in the problem; `fixed` holds servers that are decided already."""

    def __init__(self, problem: Problem, case: PoolCase, work_kw: Any, fixed: Servers | None = None) -> None:
        self.case = case
        self.awake: Any = cp.Constant(np.full(case.steps, case.awake_now))
        self.slowed: Any = None  # (L-1, T), where there are slower frequencies
        if case.planned:
            if fixed is None:
                self.awake = cp.Variable(case.steps, bounds=[0.0, case.pool.servers])
                self._hold(problem)
            else:  # rounding has kept what times ask
                self.awake = cp.Constant(fixed.awake)
                change = np.diff(fixed.awake, prepend=case.awake_now)
                self._wear(problem, np.maximum(change, 0.0), np.maximum(-change, 0.0))
            self._slow(problem, fixed)
        self._headroom(problem, work_kw)
        self.power_kw = self._power_kw(problem, fixed)

    @property
    def servers(self) -> Servers:
        """The solution's servers."""
        slowed = np.zeros((0, self.case.steps)) if self.slowed is None else np.asarray(self.slowed.value, dtype=float)
        return Servers(np.asarray(self.awake.value, dtype=float), slowed)

    def _headroom(self, problem: Problem, work_kw: Any) -> None:
        case, lag = self.case, self.case.wake_steps
        needed = case.need + work_kw / case.work_kw
        if case.measured and work_kw.variables():
            room = np.maximum(case.awake_now - case.need[:lag], 0.0) if case.planned else case.spare_kw / case.work_kw
            held = work_kw[: len(room)] / case.work_kw - room
            problem.limit("room for deferrable work", case.pool.id, held, "servers")
        if case.planned:
            if self.slowed is not None:
                needed = needed + case.lost_frac @ self.slowed
            problem.limit("headroom", case.pool.id, needed - self.awake, "servers")
            if lag:
                problem.limit(
                    "headroom", case.pool.id, needed[lag:] - self.awake[:-lag], "servers", np.arange(lag, case.steps)
                )
                if self.slowed is not None:  # those woken now are no help yet
                    problem.limit("headroom", case.pool.id, needed[:lag] - case.awake_now, "servers")

    def _hold(self, problem: Problem) -> None:
        """Hold the minimum times and the limit of boots; the servers awake now may sleep, those asleep may wake."""
        case = self.case
        woken, slept = cp.Variable(case.steps, nonneg=True), cp.Variable(case.steps, nonneg=True)
        problem.law(woken - slept == cp.hstack([self.awake[:1] - case.awake_now, cp.diff(self.awake)]))
        self._wear(problem, woken, slept)
        if case.awake_steps > 1:
            over = trailing(case.steps, case.awake_steps) @ woken - self.awake
            problem.limit("minimum awake time", case.pool.id, over, "servers")
        if case.asleep_steps > 1:
            over = trailing(case.steps, case.asleep_steps) @ slept - (case.pool.servers - self.awake)
            problem.limit("minimum asleep time", case.pool.id, over, "servers")
        if case.most_wakes < case.pool.servers:
            problem.limit("servers woken at once", case.pool.id, woken - case.most_wakes, "servers")

    def _wear(self, problem: Problem, woken: Any, slept: Any) -> None:
        problem.cost("wear", self.case.wake_cost * (cp.sum(woken) + SLEEP_WEAR_FRAC * cp.sum(slept)))

    def _slow(self, problem: Problem, fixed: Servers | None) -> None:
        case, slower = self.case, len(self.case.levels) - 1
        if not slower:
            return
        if fixed is not None:
            self.slowed = cp.Constant(fixed.slowed)
        else:
            self.slowed = cp.Variable((slower, case.steps), nonneg=True)
            problem.law(cp.sum(self.slowed, axis=0) <= self.awake)
        before = cp.hstack([case.slowed_now[:, None], self.slowed[:, :-1]])
        problem.cost("wear", LEVEL_WEAR_FRAC * case.wake_cost * cp.sum(cp.abs(self.slowed - before)))

    def _power_kw(self, problem: Problem, fixed: Servers | None) -> Any:
        """Return power beyond that of now: a line, the full law where the servers are decided, or its convex hull."""
        case = self.case
        if not case.planned or case.plain:
            return (self.awake - case.awake_now) * case.idle_step_kw
        if fixed is not None:
            return cp.Constant(case.power_kw(fixed.awake, fixed.slowed))
        segments = Segments.of(case.levels)
        served = cp.Variable((len(segments.level), case.steps), nonneg=True)
        counts = [self.awake] if self.slowed is None else [self.awake - cp.sum(self.slowed, axis=0), *self.slowed]
        problem.law(cp.sum(served, axis=0) == case.busy)
        for row, level in enumerate(segments.level[:-1]):  # what exceeds all capacity counts at the dearest
            problem.law(served[row] <= segments.width[row] * counts[level])
        idle_w = sum(level.idle_w * count for level, count in zip(case.levels, counts, strict=True))
        asleep_w = case.pool.sleep_w * self.awake
        return problem.defined((idle_w - asleep_w + segments.slope_w @ served) / 1000.0 - case.now_kw)


def trailing(steps: int, length: int) -> Any:
    """Return the matrix (T, T) that adds up the last `length` steps."""
    return sp.diags_array([1.0] * length, offsets=[-lag for lag in range(length)], shape=(steps, steps)).tocsr()
