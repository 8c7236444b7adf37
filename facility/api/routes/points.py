"""/points and /latest: what is measured, and the newest reading of each."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict

from facility.access import Permission
from facility.api.entry import needs
from facility.api.routes.view import View
from facility.api.shown import Shown
from facility.api.site_view import SiteView
from facility.errors import UnknownPointError
from facility.points import Point

router = APIRouter(tags=["readings"])
MOST = 5000
Limit = Annotated[int, Query(ge=1, le=MOST)]
After = Annotated[str | None, Query(max_length=256, description="the last point of the page before")]


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


class MeasuredAnswer(BaseModel):
    """The newest reading of a point; no value where it is not good, or too old to be what is now."""

    model_config = ConfigDict(from_attributes=True)
    value: float | None
    quality: str  # good, stale, bad, out_of_range, suspect; none: never read
    time: AwareDatetime | None


class LatestAnswer(MeasuredAnswer):
    """A point as it is now: its newest reading, or what stands in for it.

    What stands in has the quality manual or substituted, and beside it what the point itself measures.
    """

    point: str
    unit: str
    measured: MeasuredAnswer | None = None  # null: nothing stands in


@router.get("/points", dependencies=[needs(Permission.READ)], responses={404: {}})
def read_points(
    view: View, equipment: str | None = None, limit: Limit = MOST, after: After = None
) -> list[PointAnswer]:
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
        for point in _page(view, equipment, limit, after)
    ]


@router.get("/latest", dependencies=[needs(Permission.READ)], responses={404: {}})
def read_latest(
    view: View, equipment: str | None = None, limit: Limit = MOST, after: After = None
) -> list[LatestAnswer]:
    """Return the newest reading of each point, or of those of one piece of equipment."""
    newest, now = view.latest(), view.clock.now()
    shown = Shown(view.loaded.points, newest, view.standing_in(now), now)
    return [_latest(point, shown) for point in _page(view, equipment, limit, after)]


def _page(view: SiteView, equipment: str | None, limit: int, after: str | None) -> list[Point]:
    """Return so many points, in the order of the site file, of those that come after one."""
    found = [point for point in view.loaded.points if equipment in (None, point.equipment)]
    if after is not None:
        begin = next((number for number, point in enumerate(found, 1) if point.id == after), None)
        if begin is None:
            raise UnknownPointError(f"no point {after!r} here; the site may have changed: begin anew")
        found = found[begin:]
    return found[:limit]


def _latest(point: Point, shown: Shown) -> LatestAnswer:
    beside = MeasuredAnswer.model_validate(shown.measured(point)) if point.id in shown.standing_in else None
    return LatestAnswer(point=point.id, unit=point.unit, **asdict(shown.of(point)), measured=beside)
