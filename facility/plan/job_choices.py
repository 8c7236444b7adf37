"""What may be chosen for jobs, one column a choice: the start of a whole job, a step of one that may pause or be divided.

The convex hull of each job: weights of its choices between nought and one that add up to the whole of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from facility.plan.inputs import PlanInputs
from facility.plan.vertices import IntArray
from facility.records import FloatArray
from facility.workload import Job, JobKind
from models.cooling import BoolArray

_CLOSE = 1e-6


@dataclass(frozen=True, slots=True)
class JobSteps:
    """A job in steps of the plan: first step it may run in, steps it takes, step before which it is due (beyond the end: later)."""

    job: Job
    arrives: int
    due: int
    length: int
    power_kw: float  # of a step that runs in full
    last_kw: float  # of a whole job's last step
    units: float  # choices to take: one start, or so many steps

    @classmethod
    def of(cls, inputs: PlanInputs, job: Job) -> JobSteps:
        """Place a job on the plan's steps: it never begins before it arrives, and ends with a step that ends before it is due."""
        step, step_kwh = inputs.site.step, job.power_kw * inputs.step_h
        exact = job.energy_kwh / step_kwh
        length = max(1, int(np.ceil(exact - _CLOSE)))
        arrives = 0 if job.running else max(0, -((inputs.start - job.arrives) // step))
        due = (job.due - inputs.start) // step
        power, units = job.power_kw, 1.0
        if job.kind is JobKind.PREEMPTIBLE:
            power, units = job.energy_kwh / (length * inputs.step_h), float(length)
        if job.kind is JobKind.DIVISIBLE:
            units = exact
        last_kw = (job.energy_kwh - (length - 1) * step_kwh) / inputs.step_h
        return cls(job, arrives, due, length, power, last_kw, units)

    @property
    def whole(self) -> bool:
        """Whether it runs without a pause."""
        return self.job.kind is JobKind.WHOLE

    @property
    def begun(self) -> bool:
        """Whether it runs now and may not pause."""
        return self.whole and self.job.running

    @property
    def earliest_end(self) -> int:
        """Step before which it could be done if it were alone."""
        return self.arrives + self.length

    def course_kw(self, first: int, steps: int) -> FloatArray:
        """Return the power of a whole job that begins in a step, as far as the plan reaches."""
        course = np.zeros(max(steps, first + self.length))
        course[first : first + self.length] = self.power_kw
        course[first + self.length - 1] = self.last_kw
        return course[:steps]


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """Columns of choices (N,) of some jobs (J,)."""

    job: IntArray
    step: IntArray
    power_kw: Any  # sparse (T, N): what a choice adds in each step
    units: Any  # sparse (J, N): ones, to add up the choices of a job
    least: FloatArray  # (J,) choices that must be taken within the horizon
    most: FloatArray
    single: BoolArray  # (N,) taken or not; the others may be taken in part

    @classmethod
    def of(cls, jobs: Sequence[JobSteps], ends: IntArray, steps: int) -> Choices:
        """Return the choices of jobs that are to be done before the steps `ends`."""
        owner, first, columns, least, most = [], [], [], [], []
        for index, (one, end) in enumerate(zip(jobs, ends, strict=True)):
            for step in _steps_open(one, int(end), steps):
                owner.append(index)
                first.append(step)
                columns.append(one.course_kw(step, steps) if one.whole else np.eye(1, steps, step)[0] * one.power_kw)
            least.append(_least(one, int(end), steps))
            most.append(one.units)
        job = np.array(owner, dtype=np.int64)
        power = sp.csr_array(np.array(columns).reshape(len(columns), steps).T)
        units = sp.csr_array((np.ones(len(job)), (job, np.arange(len(job)))), shape=(len(jobs), len(job)))
        single = np.array([jobs[index].job.kind is not JobKind.DIVISIBLE for index in owner], dtype=bool)
        return cls(job, np.array(first, dtype=np.int64), power, units, np.array(least), np.array(most), single)

    def powers_kw(self, taken: FloatArray) -> FloatArray:
        """Return the power of each job (J, T) for the choices taken."""
        return np.stack(
            [self.power_kw[:, self.job == index] @ taken[self.job == index] for index in range(len(self.most))]
        )


def _steps_open(one: JobSteps, end: int, steps: int) -> range:
    if not one.whole:
        return range(one.arrives, min(end, steps))
    last = one.arrives if one.begun else end - one.length
    return range(one.arrives, min(last + 1, steps))


def _least(one: JobSteps, end: int, steps: int) -> float:
    """Return what must be taken within the horizon: all of it, or what the time after the horizon leaves."""
    if one.whole:
        return 1.0 if one.begun or end - one.length < steps else 0.0
    return max(0.0, one.units - max(0, end - max(steps, one.arrives)))


def running_kw(inputs: PlanInputs, pool: str) -> FloatArray:
    """Return the power of the whole jobs that run in a pool now and go on."""
    running = [JobSteps.of(inputs, job) for job in inputs.jobs if job.pool == pool and job.running]
    courses = [one.course_kw(0, inputs.steps) for one in running if one.whole]
    return np.asarray(sum(courses, np.zeros(inputs.steps)))
