"""A plan cut short: hours that no operation can meet are named, and the hours before them planned all the same.

The cut lies before the first step that is short. A demand window that it divides counts what lies before it, as at any end of a
horizon; nothing is rounded to hours, so that no hour is left out that can be planned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from facility.errors import InfeasibleError
from facility.plan.inputs import PlanInputs
from facility.records import FloatArray, LimitShortfall, Plan

LEAST_H = 2.0  # of a plan: what ends sooner neither pays for its moves nor outlives its recommendations
COURSES = (
    "outdoor_degc", "wet_bulb_degc", "price_per_kwh", "carbon_gco2_per_kwh", "other_kw", "produced_kw", "ready_kwh",
)  # fmt: skip
BY_EQUIPMENT = ("it_power_kw", "busy_servers", "available_kw", "taken_heat_kw", "heat_demand_kw")


def cut_before(inputs: PlanInputs, error: InfeasibleError) -> PlanInputs:
    """Return the inputs of the hours before what cannot be met, with its name.

    Raises
    ------
    facility.errors.InfeasibleError
        If these are too few to be planned, or what is short belongs to no step.
    """
    unmet = (*error.shortfalls, *inputs.unmet)
    steps = min((_step_of(inputs, one) for one in error.shortfalls), default=0)
    if steps < _least_steps(inputs):
        raise InfeasibleError(unmet) from error
    return _cut(inputs, steps, unmet)


def as_planned(inputs: PlanInputs, plan: Plan) -> PlanInputs:
    """Return the inputs of the hours that a plan made from them covers."""
    return _cut(inputs, plan.steps, plan.unmet) if plan.unmet else inputs


def _step_of(inputs: PlanInputs, short: LimitShortfall) -> int:
    return 0 if short.since is None else (short.since - inputs.start) // inputs.site.step


def _least_steps(inputs: PlanInputs) -> int:
    least_h = max(LEAST_H, inputs.site.planning.valid_for.total_seconds() / 3600.0)
    return int(np.ceil(least_h / inputs.step_h - 1e-9))


def _cut(inputs: PlanInputs, steps: int, unmet: Sequence[LimitShortfall]) -> PlanInputs:
    planning = inputs.site.planning.model_copy(update={"horizon_h": steps * inputs.step_h})
    cut: dict[str, Any] = {name: _first(getattr(inputs, name), steps) for name in COURSES}
    cut |= {name: _each(getattr(inputs, name), steps) for name in BY_EQUIPMENT}
    return replace(
        inputs,
        **cut,
        site=inputs.site.model_copy(update={"planning": planning}),
        busy_quantiles={pool: _each(parts, steps) for pool, parts in inputs.busy_quantiles.items()},
        load_scenarios=[_each(load, steps) for load in inputs.load_scenarios],
        commitments=[
            one if one.baseline_kw is None else replace(one, baseline_kw=one.baseline_kw[:steps])
            for one in inputs.commitments
        ],
        peak_charges={name: charge.until(steps) for name, charge in inputs.peak_charges.items()},
        unmet=tuple(unmet),
        tables={},
    )


def _first(course: float | FloatArray, steps: int) -> float | FloatArray:
    return course[:steps] if isinstance(course, np.ndarray) and course.ndim else course


def _each(courses: Mapping[Any, FloatArray], steps: int) -> dict[Any, FloatArray]:
    return {name: course[:steps] for name, course in courses.items()}
