"""A server pool: awake servers follow the work with headroom; power is linear between idle and peak."""

from __future__ import annotations

from typing import Any

import cvxpy as cp
import numpy as np
import scipy.sparse as sp

from facility.plan.inputs import PlanInputs
from facility.plan.problem import Problem
from facility.records import FloatArray, LimitShortfall
from facility.site import ServerPool

_WHOLE = 1e-4  # servers; less than this above a whole number is solver noise


class PoolCase:
    """What a pool needs, known before solving. Planned only if it may consolidate and its state is measured."""

    def __init__(self, inputs: PlanInputs, pool: ServerPool) -> None:
        self.pool = pool
        self.steps = inputs.steps
        self.measured = pool.id in inputs.awake_servers and pool.id in inputs.busy_servers
        self.planned = pool.consolidate and self.measured
        self.awake_now = float(np.clip(np.round(inputs.awake_servers.get(pool.id, pool.servers)), 0, pool.servers))
        busy = inputs.busy_servers.get(pool.id, np.zeros(self.steps))
        # Rounded up at once: whole servers are what there is, and it makes the relaxation of whole servers exact.
        wanted = np.ceil(busy * (1.0 + (pool.headroom_frac if self.planned else 0.0)) - _WHOLE)
        self.need = np.minimum(wanted, pool.servers) if self.planned else wanted
        self._beyond, self._times = wanted - self.need, inputs.times
        self.idle_step_kw = (pool.idle_w - pool.sleep_w) / 1000.0
        self.work_kw = (pool.peak_w - pool.idle_w) / 1000.0
        self.wake_steps = min(int(np.ceil(pool.wake_min / inputs.site.planning.step_min)), self.steps)
        self.dwell_steps = min(max(1, int(np.ceil(pool.min_awake_min / inputs.site.planning.step_min))), self.steps)
        self.wake_cost = pool.idle_w / 1000.0 * pool.wake_min / 60.0 * inputs.price_scale_per_kwh

    @property
    def spare_kw(self) -> FloatArray:
        """Power of deferrable work that the pool can carry with every server awake, as soon as they can be."""
        awake = np.full(self.steps, float(self.pool.servers) if self.planned else self.awake_now)
        awake[: self.wake_steps] = self.awake_now
        return np.asarray(np.maximum(awake - self.need, 0.0) * self.work_kw)

    def power_kw(self, awake: Any) -> Any:
        """Return the pool's IT power beyond that with the servers awake now."""
        return (awake - self.awake_now) * self.idle_step_kw

    def power_range_kw(self) -> tuple[FloatArray, FloatArray]:
        """Return the least and most of that power in each step."""
        if not self.planned:
            return np.zeros(self.steps), np.zeros(self.steps)
        least = np.minimum(self.need, self.pool.servers)
        lag = self.wake_steps
        least[:lag] = np.minimum(least[:lag], self.awake_now)
        least[: self.steps - lag] = np.maximum(
            least[: self.steps - lag], np.minimum(self.need[lag:], self.pool.servers)
        )
        most = np.full(self.steps, float(self.pool.servers))
        return np.asarray(self.power_kw(least)), np.asarray(self.power_kw(most))

    def shortfalls(self) -> list[LimitShortfall]:
        """Name headroom that is missing already and cannot be woken in time, or that the pool does not have at all."""
        missing = (self.need[: self.wake_steps] - self.awake_now).max(initial=0.0)
        if self.planned and missing > 0.0:
            return [LimitShortfall(f"{self.pool.id} headroom", float(missing), "servers")]
        if self._beyond.max(initial=0.0) > 0.0:
            worst = int(self._beyond.argmax())
            return [
                LimitShortfall(f"{self.pool.id} headroom", float(self._beyond[worst]), "servers", self._times[worst])
            ]
        return []

    def rounded(self, awake: FloatArray) -> FloatArray:
        """Round awake servers up, and keep those so woken awake for their minimum time."""
        whole = np.ceil(awake - _WHOLE)
        woken = np.zeros(self.steps)
        for step in range(self.steps):
            before = whole[step - 1] if step else self.awake_now
            whole[step] = max(whole[step], woken[max(0, step - self.dwell_steps + 1) : step].sum())
            woken[step] = max(whole[step] - before, 0.0)
        return np.asarray(np.minimum(whole, self.pool.servers))

    def wake_total(self, awake: FloatArray) -> float:
        """Return how many times a server is woken."""
        return float(np.maximum(np.diff(awake, prepend=self.awake_now), 0.0).sum())


class PoolPlan:
    """The pool in the problem; `fixed` holds awake servers that are decided already."""

    def __init__(self, problem: Problem, case: PoolCase, work_kw: Any, fixed: FloatArray | None = None) -> None:
        self.case = case
        self.awake: Any = cp.Constant(np.full(case.steps, case.awake_now))
        if case.planned:
            self.awake = cp.Variable(case.steps, nonneg=True)
            problem.law(self.awake <= case.pool.servers, *([] if fixed is None else [self.awake == fixed]))
            self._stay_awake(problem)
        self._headroom(problem, work_kw)
        self.power_kw = case.power_kw(self.awake)

    def _headroom(self, problem: Problem, work_kw: Any) -> None:
        case, lag = self.case, self.case.wake_steps
        needed = case.need + work_kw / case.work_kw
        if case.measured and work_kw.variables():
            room = np.maximum(case.awake_now - case.need[:lag], 0.0) if case.planned else case.spare_kw / case.work_kw
            held = work_kw[: len(room)] / case.work_kw - room
            problem.limit("room for deferrable work", case.pool.id, held, "servers")
        if case.planned:
            problem.limit("headroom", case.pool.id, needed[lag:] - self.awake[lag:], "servers", lag)
            if lag:
                problem.limit("headroom", case.pool.id, needed[lag:] - self.awake[:-lag], "servers", lag)
                kept = np.minimum(case.need[:lag], case.awake_now) + work_kw[:lag] / case.work_kw
                problem.limit("headroom", case.pool.id, kept - self.awake[:lag], "servers")

    def _stay_awake(self, problem: Problem) -> None:
        case = self.case
        woken = cp.Variable(case.steps, nonneg=True)
        problem.law(woken >= cp.hstack([self.awake[:1] - case.awake_now, cp.diff(self.awake)]))
        problem.cost("wear", case.wake_cost * cp.sum(woken))
        if case.dwell_steps > 1:
            lags = [-lag for lag in range(case.dwell_steps)]
            window = sp.diags_array([1.0] * case.dwell_steps, offsets=lags, shape=(case.steps,) * 2).tocsr()
            problem.limit("minimum awake time", case.pool.id, window @ woken - self.awake, "servers")
