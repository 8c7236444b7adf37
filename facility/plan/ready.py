"""Batteries ready for a peak that no forecast shows: what they hold less than it would take has a price that nobody is paid.

The forecast has a day's expected course, and no job that nobody announced. A battery that rests at its reserve cannot help when
such a job makes the month's peak. How much is worth keeping when, and what it is worth, is learnt from past days
(`facility.prepare.shaving`); the price weighs it against what energy earns at other hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import cvxpy as cp
import numpy as np

from facility.plan.inputs import PlanInputs
from facility.plan.problem import Problem
from facility.plan.storage import BatteryCase, BatteryPlan
from facility.records import FloatArray


def keep_ready(problem: Problem, inputs: PlanInputs, batteries: Sequence[BatteryPlan]) -> None:
    """Add the price of what batteries hold less than it takes; nothing where that has no price."""
    held = [battery.stored_kwh for battery in batteries if not battery.case.from_sun_only]
    if held and inputs.ready_price_per_kwh_h > 0.0:
        short_kwh = cp.Variable(inputs.steps, nonneg=True)
        problem.law(short_kwh >= inputs.ready_kwh - sum(held))
        problem.cost("unready", inputs.ready_price_per_kwh_h * inputs.step_h * cp.sum(short_kwh))


def ready_notes(inputs: PlanInputs, batteries: Iterable[BatteryCase]) -> list[str]:
    """Say what batteries hold for a peak, and what that counts."""
    if inputs.ready_price_per_kwh_h == 0.0 or all(one.from_sun_only for one in batteries):
        return []
    most_kwh, counted = float(np.max(inputs.ready_kwh)), f"{inputs.ready_price_per_kwh_h:.2g} {inputs.site.currency}"
    return [
        f"batteries: up to {most_kwh:.0f} kWh kept for a peak that no forecast shows; a kWh less counts {counted} an hour, "
        "which nobody is paid"
    ]


def unready_cost(inputs: PlanInputs, charge_kw: Mapping[BatteryCase, FloatArray]) -> float:
    """Return the same of a schedule: the power of each battery (negative: discharging), one a step."""
    held = [case.course_kwh(kw) for case, kw in charge_kw.items() if not case.from_sun_only]
    if not held or inputs.ready_price_per_kwh_h == 0.0:
        return 0.0
    short_kwh = np.maximum(inputs.ready_kwh - np.sum(held, axis=0), 0.0)
    return float(inputs.ready_price_per_kwh_h * inputs.step_h * short_kwh.sum())
