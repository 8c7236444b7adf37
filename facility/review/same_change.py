"""Whether what somebody has approved is still what is proposed: then the approval holds on, though a plan has replaced the plan."""

from __future__ import annotations

from collections.abc import Mapping

from facility.records import Recommendation
from facility.review.risk import risk_of
from facility.units import DEADBAND


def is_same_change(approved: Recommendation, proposed: Recommendation, steps: Mapping[str, float]) -> bool:
    """Tell whether an approval of one change holds for another.

    It does for the same points, in the same direction, no riskier and no further: what passes from plan to plan must not wander.
    Less of the change may be as much as one write of its points takes (`steps`), else what is worth no write.
    """
    unit = DEADBAND.get(approved.unit, 0.0)
    least = min((steps.get(point, unit) for point in approved.points), default=unit)
    further = (proposed.recommended - approved.recommended) * _direction(approved)
    return (
        (approved.kind, approved.site_revision) == (proposed.kind, proposed.site_revision)
        and (approved.equipment, approved.quantity) == (proposed.equipment, proposed.quantity)
        and set(approved.points) == set(proposed.points)
        and _direction(approved) == _direction(proposed) != 0
        and -max(least, unit) <= further <= unit
        and set(risk_of(proposed).why) <= set(risk_of(approved).why)
    )


def _direction(one: Recommendation) -> int:
    """Return 1 up, -1 down; 0 where nobody knows the present value."""
    if one.current is None:
        return 0
    return (one.recommended > one.current) - (one.recommended < one.current)
