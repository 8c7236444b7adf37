"""From the levers of a plan to recommendations that a facility engineer can approve."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from facility.points import Point, PointIndex
from facility.records import LeverSaving, Plan, Recommendation


def recommendations_of(
    plan: Plan, levers: Iterable[LeverSaving], points: PointIndex, valid_for: timedelta
) -> Sequence[Recommendation]:
    """Return one recommendation for each lever that moves and is worth it, the largest saving first.

    None for a plan that keeps present operation: not even for setpoints whose present value nobody knows.
    """
    if plan.keeps_present:
        return []
    moving = [lever for lever in levers if lever.moves and not _in_vain(lever)]
    ranked = sorted(moving, key=lambda lever: -lever.saving_cost_per_day.value)
    return [_recommendation(plan, lever, points, plan.created, plan.created + valid_for) for lever in ranked]


def dropped(levers: Iterable[LeverSaving]) -> Sequence[LeverSaving]:
    """Return the levers that the plan moves although, put back alone, they cost nothing: not worth a write."""
    return [lever for lever in levers if lever.moves and _in_vain(lever)]


def _in_vain(lever: LeverSaving) -> bool:
    saving = lever.saving_cost_per_day
    follows = saving.low == saving.value == saving.high == 0.0  # what goes with other levers is counted there
    return saving.value <= 0.0 and not follows


def _recommendation(
    plan: Plan, lever: LeverSaving, points: PointIndex, created: datetime, expires: datetime
) -> Recommendation:
    writable = writable_points(lever, points)
    return Recommendation(
        id=uuid.uuid4().hex[:12],
        plan_id=plan.id,
        site_revision=plan.site_revision,
        created=created,
        expires=expires,
        equipment=lever.equipment,
        quantity=lever.quantity,
        points=tuple(point.id for point in writable),
        current=lever.current,
        recommended=lever.recommended,
        unit=lever.unit,
        saving_kw=lever.saving_kw,
        saving_cost_per_day=lever.saving_cost_per_day,
        saving_kgco2_per_day=lever.saving_kgco2_per_day,
        binding_limit=lever.binding_limit,
        reason=_reason(lever, writable),
    )


def writable_points(lever: LeverSaving, points: PointIndex) -> tuple[Point, ...]:
    """Return the points that the lever would set and that an engineer listed as writable."""
    found = (point for target in lever.targets for point in points.of(*target.split(".", maxsplit=1)))
    return tuple(point for point in found if point.writable is not None)


def _reason(lever: LeverSaving, writable: Sequence[Point]) -> str:
    return "; ".join(part for part in (lever.reason, _moves_needed(lever, writable), _indistinguishable(lever)) if part)


def _moves_needed(lever: LeverSaving, writable: Sequence[Point]) -> str:
    """Say in how many moves the rate that the engineer allows gets there."""
    steps = [point.writable.max_step for point in writable if point.writable and point.writable.max_step]
    if not steps or lever.current is None:
        return ""
    moves = math.ceil(abs(lever.recommended - lever.current) / min(steps) - 1e-9)
    return f"in {moves} moves of at most {min(steps):g} {lever.unit}" if moves > 1 else ""


def _indistinguishable(lever: LeverSaving) -> str:
    saving = lever.saving_cost_per_day
    unsure = saving.low <= 0.0 <= saving.high and saving.low < saving.high
    return "its own saving is not distinguishable from zero" if unsure else ""
