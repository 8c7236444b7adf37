"""/dr/offers: how much less the site could draw in the coming hours, at what cost, how surely."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from facility.access import Permission
from facility.api.entry import needs
from facility.api.problem import ProblemError
from facility.api.routes.view import View
from facility.api.site_view import SiteView
from facility.api.who import Who
from facility.history.offer_book import OffersAsked
from facility.records import Event

router = APIRouter(tags=["demand response"])
Decider = Annotated[Who, needs(Permission.DECIDE)]
_DAY_MIN = timedelta(days=1) / timedelta(minutes=1)


class OffersRequest(BaseModel):
    """Events of how many minutes, told how many before, in each of how many coming hours."""

    hours: Annotated[int, Field(ge=1, le=48)] = 12
    duration_min: Annotated[float, Field(ge=15.0, le=_DAY_MIN)] = 60.0
    notice_min: Annotated[float, Field(ge=1.0, le=_DAY_MIN)] = 60.0


class OfferAnswer(BaseModel):
    """How much less the site could draw: `kw` with a confidence of nine in ten, in each step after the ramp.

    `price_per_kwh` is what a kWh less is worth at most, `cost` what it costs the site, `cost_per_kwh` null where nothing is held.
    What gives it: `it_kw` to `other_kw`. What comes back in the four hours after: `recovery_kwh`, and a peak so much higher.
    """

    start: AwareDatetime
    end: AwareDatetime
    notice_min: float
    price_per_kwh: float
    kw: float
    expected_kw: float
    cost: float
    cost_per_kwh: float | None
    ramp_min: float
    it_kw: float
    cooling_kw: float
    losses_kw: float
    battery_kw: float
    other_kw: float
    recovery_peak_kw: float
    recovery_kwh: float


class NoOfferAnswer(BaseModel):
    """An hour of which there is no offer, and why."""

    start: AwareDatetime
    why: str


class OffersAnswer(BaseModel):
    """The offers that were made last; `made` and `asked` are null where none ever were.

    `making`: new ones are being made. `problem`: why the last that were asked for here could not be; null where nothing failed.
    """

    asked: OffersRequest | None
    made: AwareDatetime | None
    making: bool
    problem: str | None
    currency: str
    offers: list[OfferAnswer]
    without: list[NoOfferAnswer]


@router.get("/dr/offers", dependencies=[needs(Permission.READ)])
def read_offers(view: View) -> OffersAnswer:
    """Return the offers that were made last, and whether new ones are being made."""
    return _offers(view)


@router.post("/dr/offers", status_code=202, responses={409: {}})
def make_offers(request: OffersRequest, who: Decider, view: View) -> OffersAnswer:
    """Begin to make offers, which takes minutes of a core; `GET` tells when they are there. Nothing is promised by it."""
    if not _begun(request, who, view):
        raise ProblemError(
            HTTPStatus.CONFLICT, "offers are being made; GET /api/v1/dr/offers tells when they are there"
        )
    return _offers(view)


def _begun(request: OffersRequest, who: Who, view: SiteView) -> bool:
    """Tell the audit who asks for offers, and begin to make them; nothing of both while some are made."""
    if view.offers.look()[0]:
        return False
    site = view.loaded.site.id
    view.journal.append(
        Event(view.clock.now(), "dr.offers_asked", site, who.name, {**request.model_dump(), "site": site})
    )
    return view.offers.begin(OffersAsked(request.hours, request.duration_min, request.notice_min))


def _offers(view: SiteView) -> OffersAnswer:
    making, problem = view.offers.look()
    kept = view.offers.book.kept()
    return OffersAnswer(
        asked=None if kept is None else OffersRequest.model_validate(kept.asked, from_attributes=True),
        made=None if kept is None else kept.made,
        making=making,
        problem=problem,
        currency=view.loaded.site.currency,
        offers=[] if kept is None else [OfferAnswer.model_validate(row) for row in kept.offers],
        without=[] if kept is None else [NoOfferAnswer(start=start, why=why) for start, why in kept.without],
    )
