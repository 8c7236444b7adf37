"""The jobs of a pool before solving: which can be on time together, and which cannot, by how much and until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from facility.plan.inputs import PlanInputs
from facility.plan.job_choices import Choices, JobSteps
from facility.plan.vertices import IntArray
from facility.records import FloatArray, LimitShortfall
from facility.workload import JobKind, JobRun

# Our judgement, as a share of a job's energy at the typical price and hour of waiting: equal prices do not put work off.
WAIT_FRAC_PER_H = 1e-4
TIER_WEIGHT = 100.0  # of a tier's lateness over that of the next
PACKING_S = 5.0
_CLOSE_KW = 1e-6


class JobCase:
    """Jobs of one pool; `ends` are the steps before which each is done: when it is due, or as little later as there is room."""

    def __init__(self, inputs: PlanInputs, pool: str, room_kw: FloatArray) -> None:
        self.pool, self.steps, self.step_h = pool, inputs.steps, inputs.step_h
        self._start, self._step = inputs.start, inputs.site.step
        self.jobs = [JobSteps.of(inputs, job) for job in inputs.jobs if job.pool == pool]
        tiers = [tier.id for one in inputs.site.server_pools if one.id == pool for tier in one.tiers]
        self._rank = {"": len(tiers)} | {tier: rank for rank, tier in enumerate(tiers)}
        self.room_kw = room_kw
        alone = np.array([max(one.due, one.earliest_end) for one in self.jobs], dtype=np.int64)
        soonest, finished = self.soonest(room_kw)
        self.ends = alone
        if (finished > alone).any():
            soonest, self.ends = self._least_late(alone, soonest, finished)
        self.packed_kw = soonest.sum(axis=0)  # a way in which all of them meet their ends
        self.choices = Choices.of(self.jobs, self.ends, self.steps)
        arrives = np.array([one.arrives for one in self.jobs])
        wait_h = (np.arange(self.steps)[None] - arrives[:, None]) * self.step_h
        self.wait_cost_per_kw = WAIT_FRAC_PER_H * inputs.price_scale_per_kwh * self.step_h * np.maximum(wait_h, 0.0)

    @property
    def most_kw(self) -> FloatArray:
        """The most that all jobs together may take in each step."""
        by_job = [self.choices.power_kw[:, self.choices.job == job] for job in range(len(self.jobs))]
        most = sum((one.max(axis=1).toarray().ravel() for one in by_job if one.shape[1]), np.zeros(self.steps))
        return np.asarray(np.minimum(most, self.room_kw))

    def soonest(self, room_kw: FloatArray) -> tuple[FloatArray, IntArray]:
        """Run jobs as soon as there is room, the one due first before the others.

        Returns
        -------
        tuple[FloatArray, IntArray]
            Power (J, T), and the step before which each is done; one beyond the last where it is not.
        """
        left, powers = room_kw.copy(), np.zeros((len(self.jobs), self.steps))
        finished = np.zeros(len(self.jobs), dtype=np.int64)
        order = sorted(range(len(self.jobs)), key=lambda j: (not self.jobs[j].begun, self.jobs[j].due))
        for index in order:
            powers[index], finished[index] = _first_room(self.jobs[index], left, self.steps)
            left -= powers[index]
        return powers, finished

    def _least_late(self, alone: IntArray, soonest: FloatArray, finished: IntArray) -> tuple[FloatArray, IntArray]:
        """Return a way with the least lateness, that of higher tiers first, and its ends; else the soonest way and its own."""
        open_ends = np.full(len(self.jobs), self.steps + max(one.length for one in self.jobs), dtype=np.int64)
        choices = Choices.of(self.jobs, np.maximum(open_ends, alone), self.steps)
        weight = np.array([TIER_WEIGHT ** -self._rank[one.job.tier] / one.units for one in self.jobs])
        after = choices.step + np.array([one.length if one.whole else 1 for one in self.jobs])[choices.job]
        late = weight[choices.job] * np.maximum(after - alone[choices.job], 0)
        must = Choices.of(self.jobs, alone, self.steps).least
        left_out = weight * np.maximum(self.steps + np.array([one.length for one in self.jobs]) - alone, 1)
        count, jobs = len(choices.job), len(self.jobs)
        rows = [
            LinearConstraint(sp.hstack([choices.units, sp.csr_array((jobs, jobs))]), -np.inf, choices.most),
            LinearConstraint(sp.hstack([choices.units, sp.eye_array(jobs)]), must, np.inf),
            LinearConstraint(
                sp.hstack([choices.power_kw, sp.csr_array((self.steps, jobs))]), -np.inf, self.room_kw + _CLOSE_KW
            ),
        ]
        found = milp(
            np.concatenate([late, left_out]),
            integrality=np.concatenate([choices.single, np.zeros(jobs)]).astype(np.int64),
            bounds=Bounds(0.0, np.concatenate([np.ones(count), choices.most])),
            constraints=rows,
            options={"time_limit": PACKING_S},
        )
        if found.x is None:
            return soonest, np.maximum(alone, finished)
        taken, missing = found.x[:count], found.x[count:] > 1e-6
        ends = alone.copy()
        np.maximum.at(ends, choices.job[taken > 1e-6], after[taken > 1e-6])
        ends[missing] = self.steps + np.array([one.length for one in self.jobs])[missing]
        return choices.powers_kw(taken), np.maximum(alone, ends)

    def shortfalls(self) -> list[LimitShortfall]:
        """Name each job that cannot be on time, by how much it is late, and until when; at least so long beyond the horizon."""
        found = []
        for one, end in zip(self.jobs, self.ends, strict=True):
            ends = self._start + int(end) * self._step
            late_h = (ends - one.job.due) / timedelta(hours=1)
            if end > one.due and late_h > 0.0:
                found.append(LimitShortfall(f"{one.job.id} due time", late_h, "h", ends))
        return found

    def left_kwh(self, powers_kw: Sequence[FloatArray]) -> float:
        """Return work that is not done at the end."""
        return float(sum(one.job.energy_kwh for one in self.jobs) - self.step_h * sum(kw.sum() for kw in powers_kw))

    def wait_cost(self, powers_kw: Sequence[FloatArray]) -> float:
        """Return what waiting counts."""
        return float(sum(cost @ kw for cost, kw in zip(self.wait_cost_per_kw, powers_kw, strict=True)))

    def runs(self, powers_kw: Sequence[FloatArray]) -> list[JobRun]:
        """Return when each job runs."""
        return [self._run(one, kw) for one, kw in zip(self.jobs, powers_kw, strict=True)]

    def _run(self, one: JobSteps, power_kw: FloatArray) -> JobRun:
        at = np.flatnonzero(power_kw > _CLOSE_KW)
        if not at.size:
            return JobRun(one.job, None, None, None)
        done = power_kw.sum() * self.step_h >= one.job.energy_kwh - 1e-3
        begins, ends = (self._start + int(step) * self._step for step in (at[0], at[-1] + 1))
        return JobRun(one.job, begins, ends if done else None, max(ends - one.job.due, timedelta(0)) if done else None)


def _first_room(one: JobSteps, left_kw: FloatArray, steps: int) -> tuple[FloatArray, int]:
    """Return the power of a job in the first room there is for it, and the step before which it is done."""
    if not one.whole:
        return _first_steps(one, left_kw, steps)
    for first in [0] if one.begun else range(one.arrives, steps):
        course = one.course_kw(first, steps)
        if one.begun or (course <= left_kw + _CLOSE_KW).all():
            return course, first + one.length
    return np.zeros(steps), steps + one.length


def _first_steps(one: JobSteps, left_kw: FloatArray, steps: int) -> tuple[FloatArray, int]:
    power, units, divisible = np.zeros(steps), one.units, one.job.kind is JobKind.DIVISIBLE
    for step in range(one.arrives, steps):
        part = min(max(left_kw[step] / one.power_kw, 0.0), units, 1.0)
        part = part if divisible else float(part >= 1.0 - _CLOSE_KW)
        power[step] = part * one.power_kw
        units -= part
        if units <= _CLOSE_KW:
            return power, step + 1
    return power, steps + one.length
