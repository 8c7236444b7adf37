"""From the levers of a plan to recommendations that a facility engineer can approve."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from facility.points import PointIndex
from facility.records import LeverSaving, Plan, Recommendation

# Moves smaller than these are within what sensors and controllers resolve; each write costs wear (canonical units).
DEADBAND = {"degC": 0.25, "frac": 0.02, "L/s": 0.1, "kW": 1.0, "count": 0.5, "enum": 0.5}


def recommendations_of(
    plan: Plan, levers: Iterable[LeverSaving], points: PointIndex, valid_for: timedelta
) -> Sequence[Recommendation]:
    """Return one recommendation for each lever that moves, the largest saving first."""
    moving = [lever for lever in levers if _moves(lever)]
    ranked = sorted(moving, key=lambda lever: -lever.saving_cost_per_day.value)
    return [_recommendation(plan, lever, points, plan.created, plan.created + valid_for) for lever in ranked]


def _moves(lever: LeverSaving) -> bool:
    return lever.current is None or abs(lever.recommended - lever.current) >= DEADBAND.get(lever.unit, 0.0)


def _recommendation(
    plan: Plan, lever: LeverSaving, points: PointIndex, created: datetime, expires: datetime
) -> Recommendation:
    return Recommendation(
        id=uuid.uuid4().hex[:12],
        plan_id=plan.id,
        site_revision=plan.site_revision,
        created=created,
        expires=expires,
        equipment=lever.equipment,
        quantity=lever.quantity,
        points=writable_points(lever, points),
        current=lever.current,
        recommended=lever.recommended,
        unit=lever.unit,
        saving_kw=lever.saving_kw,
        saving_cost_per_day=lever.saving_cost_per_day,
        saving_kgco2_per_day=lever.saving_kgco2_per_day,
        binding_limit=lever.binding_limit,
        reason=_reason(lever),
    )


def writable_points(lever: LeverSaving, points: PointIndex) -> tuple[str, ...]:
    """Return the ids of the points that the lever would set and that an engineer listed as writable."""
    found = (point for target in lever.targets for point in points.of(*target.split(".", maxsplit=1)))
    return tuple(point.id for point in found if point.writable is not None)


def _reason(lever: LeverSaving) -> str:
    saving = lever.saving_cost_per_day
    if saving.low <= 0.0 <= saving.high:
        return f"{lever.reason}; its own saving is not distinguishable from zero"
    return lever.reason
