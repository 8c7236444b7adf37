"""/site: what the site is."""

from __future__ import annotations

from collections import Counter

from fastapi import APIRouter
from pydantic import BaseModel

from facility.access import Permission
from facility.api.entry import needs
from facility.api.routes.view import View

router = APIRouter(tags=["site"])


class SiteAnswer(BaseModel):
    """The site and the revision of its file that is in force."""

    id: str
    name: str
    revision: str
    time_zone: str
    currency: str
    equipment: dict[str, int]  # Brick class -> how many
    devices: int
    points: int


@router.get("/site", dependencies=[needs(Permission.READ)])
def read_site(view: View) -> SiteAnswer:
    """Return what the site is."""
    loaded = view.loaded
    return SiteAnswer(
        id=loaded.site.id,
        name=loaded.site.name,
        revision=loaded.revision,
        time_zone=loaded.site.time_zone,
        currency=loaded.site.currency,
        equipment=dict(Counter(kind for _, kind in loaded.site.equipment())),
        devices=len(loaded.site.devices),
        points=len(loaded.points),
    )
