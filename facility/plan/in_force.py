"""The plan in force, seen from the steps of the next one."""

from __future__ import annotations

from facility.plan.decisions import Decisions, decisions_of
from facility.plan.inputs import PlanInputs
from facility.records import Plan


def steps_left(inputs: PlanInputs) -> int:
    """Return how many of the coming steps the plan in force covers; 0 where there is none, or its steps are others."""
    plan = inputs.in_force
    if plan is None or (plan.site_id, plan.step) != (inputs.site.id, inputs.site.step):
        return 0
    passed, beside = divmod(inputs.start - plan.start, plan.step)
    return 0 if beside or passed < 0 else max(min(plan.steps - passed, inputs.steps), 0)


def coming(inputs: PlanInputs, plan: Plan, key: str) -> tuple[float, ...]:
    """Return a series of the plan in force from the present step on, its last value kept to the end."""
    values = plan.schedule[key][(inputs.start - plan.start) // plan.step :]
    return (values + values[-1:] * inputs.steps)[: inputs.steps]


def decisions_in_force(inputs: PlanInputs) -> Decisions | None:
    """Return what the plan in force decided for the coming steps; None where there is no such plan.

    Raises
    ------
    facility.errors.PlanError
        If it knows nothing of a setpoint that the site has now.
    """
    plan = inputs.in_force
    if plan is None or not steps_left(inputs):
        return None
    return decisions_of(inputs, {key: coming(inputs, plan, key) for key in plan.schedule})
