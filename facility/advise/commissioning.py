"""From the steps of a commissioning to recommendations that a facility engineer can approve, one by one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from facility.points import PointIndex
from facility.records import Interval, Plan, Recommendation, RecommendationKind
from models.commissioning.campaign import Campaign, Step

_NOTHING = Interval(0.0, 0.0, 0.0)


def tries_of(
    campaign: Campaign, points: PointIndex, plan: Plan, at: datetime, zone: ZoneInfo
) -> Sequence[Recommendation]:
    """Return one recommendation a step, in their order; each expires when it would have to go back.

    `plan` is the plan in force; times in words are the site's.
    """
    reasons = (f"step {number}: {why(step, zone)}" for number, step in enumerate(campaign.steps, 1))
    return [
        _recommendation(step, reason, points, plan, at) for step, reason in zip(campaign.steps, reasons, strict=True)
    ]


def _recommendation(step: Step, reason: str, points: PointIndex, plan: Plan, at: datetime) -> Recommendation:
    lever = step.lever
    targets = (points.one(*column.split(".", maxsplit=1)) for column in lever.columns)
    return Recommendation(
        id=uuid.uuid4().hex[:12],
        plan_id=plan.id,
        site_revision=plan.site_revision,
        created=at,
        expires=step.back_at,
        equipment=lever.equipment,
        quantity=lever.quantity,
        points=tuple(point.id for point in targets if point is not None),
        current=lever.now,
        recommended=step.value,
        unit=lever.unit,
        saving_kw=_NOTHING,
        saving_cost_per_day=_NOTHING,
        saving_kgco2_per_day=_NOTHING,
        binding_limit=None if step.room is None else f"{step.room.id}: rack inlet max",
        reason=reason,
        kind=RecommendationKind.COMMISSIONING,
        begins=step.begins,
        ends=step.back_at,
    )


def why(step: Step, zone: ZoneInfo) -> str:
    """Return in a sentence what a step teaches, when it is, and what it risks."""
    lever = step.lever
    low, high = lever.seen
    seen = f"constant at {low:.4g}" if high == low else f"between {low:.4g} and {high:.4g}"
    times = (step.begins, step.held_from, step.back_at)
    begins, held_from, back_at = (time.astimezone(zone) for time in times)
    risk = "no inlet becomes warmer"
    if step.room is not None and step.worst_degc is not None and step.risk_k > 0:
        risk = f"{step.room.id}: hottest inlet at worst {step.worst_degc:.1f} of {step.room.inlet_max_degc:g} °C"
        if step.worst_lost_degc is not None:
            risk += f", {step.worst_lost_degc:.1f} °C if {step.room.spare_crahs} stopped"
    return (
        f"history has it {seen}; from {begins:%m-%d %H:%M} to {step.value:.4g}, held from {held_from:%H:%M} until "
        f"{back_at:%m-%d %H:%M}, then back to {lever.now:.4g}; {risk}"
    )
