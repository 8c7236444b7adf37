"""Checks jobs apart from the solver: each runs as its kind allows, after it arrives, and is done when it must be."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from facility.plan.job_case import JobCase
from facility.plan.job_choices import JobSteps
from facility.records import FloatArray
from facility.workload import JobKind

Excess = tuple[str, FloatArray, str]


def job_excesses(case: JobCase, powers_kw: list[FloatArray]) -> Iterator[Excess]:
    """Yield limits of the jobs of a pool: name, excess in each step, unit."""
    for one, end, power in zip(case.jobs, case.ends, powers_kw, strict=True):
        yield from _excesses(one, power, case.step_h)
        yield f"{one.job.id} due time", np.full(1, _late_kwh(one, int(end), power, case.step_h)), "kWh"


def _late_kwh(one: JobSteps, end: int, power: FloatArray, step_h: float) -> float:
    """Return the work that is not done before its end, and that the time after the horizon does not leave room for."""
    steps = len(power)
    if one.whole:
        last = _first(power) + one.length if power.any() else max(steps, one.arrives) + one.length
        return max(last - end, 0) * step_h * one.power_kw
    later = max(0, end - max(steps, one.arrives)) * step_h * one.power_kw
    return one.job.energy_kwh - float(power[: max(end, 0)].sum()) * step_h - later


def _excesses(one: JobSteps, power: FloatArray, step_h: float) -> Iterator[Excess]:
    name = one.job.id
    yield f"{name} power", np.maximum(power - one.job.power_kw, -power), "kW"
    yield f"{name} before it arrives", np.where(np.arange(len(power)) < one.arrives, power, 0.0), "kW"
    yield f"{name} energy", np.full(1, power.sum() * step_h - one.job.energy_kwh), "kWh"
    if one.job.kind is JobKind.PREEMPTIBLE:
        yield f"{name} all or nothing", np.minimum(np.abs(power), np.abs(power - one.power_kw)), "kW"
    if one.whole:
        expected = one.course_kw(_first(power), len(power)) if power.any() else power
        yield f"{name} without a pause", np.abs(power - expected), "kW"
        if one.begun:
            yield f"{name} goes on", np.abs(power - one.course_kw(0, len(power))), "kW"


def _first(power: FloatArray) -> int:
    return int(np.argmax(power > 0.0))
