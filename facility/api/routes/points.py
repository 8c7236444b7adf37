"""/points and /latest: what is measured, and the newest reading of each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel

from facility.access import Permission
from facility.api.entry import needs
from facility.api.routes.view import View
from facility.points import Point
from facility.prepare.situation import is_fresh
from facility.records import Quality, Reading

router = APIRouter(tags=["readings"])


class PointAnswer(BaseModel):
    """A point."""

    id: str
    name: str
    equipment: str
    quantity: str
    brick: str
    unit: str
    device: str
    interval_s: float
    writable: bool


class LatestAnswer(BaseModel):
    """The newest reading of a point; no value where it is not good, or too old to be what is now."""

    point: str
    unit: str
    value: float | None
    quality: str  # good, stale, bad, out_of_range; none: never read
    time: AwareDatetime | None


@router.get("/points", dependencies=[needs(Permission.READ)])
def read_points(view: View, equipment: str | None = None) -> list[PointAnswer]:
    """Return the points of the site, or of one piece of equipment."""
    return [
        PointAnswer(
            id=point.id,
            name=point.name,
            equipment=point.equipment,
            quantity=point.quantity,
            brick=point.brick,
            unit=point.unit,
            device=point.device,
            interval_s=point.interval_s,
            writable=point.writable is not None,
        )
        for point in view.loaded.points
        if equipment in (None, point.equipment)
    ]


@router.get("/latest", dependencies=[needs(Permission.READ)])
def read_latest(view: View, equipment: str | None = None) -> list[LatestAnswer]:
    """Return the newest reading of each point, or of those of one piece of equipment."""
    newest, now = view.latest(), view.clock.now()
    return [latest_answer(point, newest, now) for point in view.loaded.points if equipment in (None, point.equipment)]


def latest_answer(point: Point, newest: Mapping[str, Reading], now: datetime) -> LatestAnswer:
    """Return a point's newest reading; an old one is stale, whoever failed to say so."""
    reading = newest.get(point.id)
    if reading is None:
        return LatestAnswer(point=point.id, unit=point.unit, value=None, quality="none", time=None)
    fresh = is_fresh(point, reading, now)
    quality = Quality.STALE if reading.quality is Quality.GOOD and not fresh else reading.quality
    value = reading.value if fresh and math.isfinite(reading.value) else None
    return LatestAnswer(point=point.id, unit=point.unit, value=value, quality=quality.name.lower(), time=reading.time)
