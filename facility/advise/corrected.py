"""From the corrections of a plan to recommendations that a facility engineer can approve."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Sequence
from typing import Any

from facility.advise import wording
from facility.corrections import Correction, Tracking
from facility.records import Interval, Plan, Recommendation, RecommendationKind
from facility.site_file import LoadedSite

_NOTHING = Interval(0.0, 0.0, 0.0)


def corrections_of(tracking: Tracking, plan: Plan, loaded: LoadedSite) -> Sequence[Recommendation]:
    """Return one recommendation a correction: the value of now in place of the plan's, and why."""
    return [_recommendation(one, tracking, plan, loaded) for one in tracking.corrections]


def _recommendation(one: Correction, tracking: Tracking, plan: Plan, loaded: LoadedSite) -> Recommendation:
    targets = (loaded.points.one(*target.split(".", maxsplit=1)) for target in one.targets)
    return Recommendation(
        id=uuid.uuid4().hex[:12],
        plan_id=plan.id,
        site_revision=plan.site_revision,
        created=tracking.at,
        expires=tracking.at + loaded.site.planning.valid_for,
        equipment=one.equipment,
        quantity=one.quantity,
        points=tuple(point.id for point in targets if point is not None),
        current=one.current,
        recommended=one.value,
        unit=one.unit,
        saving_kw=_NOTHING,
        saving_cost_per_day=_NOTHING,
        saving_kgco2_per_day=_NOTHING,
        binding_limit=None,
        reason=f"{one.reason}; the plan has {wording.amount(one.planned, one.quantity, one.unit)}",
        kind=RecommendationKind.CORRECTION,
    )


def correction_rows(tracking: Tracking) -> list[dict[str, Any]]:
    """Return one flat row a correction."""
    return [dataclasses.asdict(one) | {"targets": " ".join(one.targets)} for one in tracking.corrections]


def tracking_document(tracking: Tracking) -> dict[str, Any]:
    """Return everything of a call of the fast layer as one JSON-able document."""
    return {
        "plan": tracking.plan_id,
        "at": tracking.at.isoformat(),
        "corrections": correction_rows(tracking),
        "shortfalls": [str(one) for one in tracking.shortfalls],
        "notes": list(tracking.notes),
    }
