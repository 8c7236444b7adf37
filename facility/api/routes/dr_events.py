"""/dr/events: what the grid asks of the site, how each stands, and the answer of a person."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from facility.access import Permission
from facility.api.conflict import conflicts
from facility.api.entry import needs
from facility.api.problem import ProblemError
from facility.api.routes.reason import ReasonRequest
from facility.api.routes.view import View
from facility.api.site_view import SiteView
from facility.api.who import Who
from facility.grid_event import GridEventKind
from facility.history.grid_event_book import UnknownGridEventError
from facility.promises import CommitmentKind
from facility.respond.event_state import Answer, GridEventError, GridEventState, KeptEvent, Opt, Said
from facility.respond.report import event_row, move_row

router = APIRouter(tags=["demand response"])
MOST = 500
Decider = Annotated[Who, needs(Permission.DECIDE)]
_UNKNOWN: dict[int | str, dict[str, object]] = {404: {}}
_REFUSED: dict[int | str, dict[str, object]] = {404: {}, 409: {}}
Number = Annotated[int, Query(ge=1, le=2**53)]


class AskAnswer(BaseModel):
    """What is asked from `start` until `end`."""

    kind: CommitmentKind
    start: AwareDatetime
    end: AwareDatetime
    kw: float


class GridEventAnswer(BaseModel):
    """An event, and how it stands; `asks` is empty where it only tells, `answered_by` none where nobody has answered.

    `not_planned` says why no plan holds an event that is accepted; none where one does, or nothing was accepted.
    """

    number: int
    source: str
    id: str
    revision: int
    program: str
    kind: GridEventKind
    state: GridEventState
    test: bool
    priority: int | None
    start: AwareDatetime
    end: AwareDatetime
    asks: list[AskAnswer]
    noticed: AwareDatetime
    since: AwareDatetime
    answer_until: AwareDatetime
    opt: Opt | None
    answered_by: str | None
    answered_reason: str | None
    payment_per_kwh: float
    penalty_per_kwh: float
    reason: str
    not_planned: str | None


class GridEventMoveAnswer(BaseModel):
    """A move of an event, or a revision that left it in its state; `before` is none of the first."""

    before: GridEventState | None
    after: GridEventState
    revision: int
    by: str
    reason: str
    at: AwareDatetime


class OneGridEventAnswer(GridEventAnswer):
    """An event with how it came to its state."""

    moves: list[GridEventMoveAnswer]


class GridEventsAnswer(BaseModel):
    """A page of events; `next` is the `before` of the page after it, none where there is none."""

    events: list[GridEventAnswer]
    next: int | None


class OptRequest(ReasonRequest):
    """In or out, and why."""

    opt: Opt


@router.get("/dr/events", dependencies=[needs(Permission.READ)])
def read_grid_events(
    view: View,
    state: Annotated[list[GridEventState] | None, Query(description="only those in one of these states")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    before: Number | None = None,
) -> GridEventsAnswer:
    """Return what the grid asks, what came last first."""
    found = view.grid_events.events(state, limit=limit + 1, before=before)
    events = [GridEventAnswer.model_validate(_row(view, one)) for one in found[:limit]]
    return GridEventsAnswer(events=events, next=found[limit - 1].number if len(found) > limit else None)


@router.get("/dr/events/{number}", dependencies=[needs(Permission.READ)], responses=_UNKNOWN)
def read_grid_event(number: int, view: View) -> OneGridEventAnswer:
    """Return an event with how it came to its state."""
    return _one(view, number)


@router.post("/dr/events/{number}/answer", responses=_REFUSED)
def answer_grid_event(number: int, given: OptRequest, who: Decider, view: View) -> OneGridEventAnswer:
    """Opt in or out; opting out is possible until the event ends."""
    known_event(view, number)
    with conflicts():
        try:
            view.grid_events.answer(number, Answer(given.opt, Said(who.name, given.reason, view.clock.now())))
        except GridEventError as error:
            raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error
    return _one(view, number)


def known_event(view: SiteView, number: int) -> KeptEvent:
    """Return an event, or say in a problem document that there is none."""
    if not 0 < number <= 2**53:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"no event {number}; /api/v1/dr/events lists them")
    try:
        return view.grid_events.event(number)
    except UnknownGridEventError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"no event {number}; /api/v1/dr/events lists them") from error


def _one(view: SiteView, number: int) -> OneGridEventAnswer:
    kept = known_event(view, number)
    moves = [move_row(one.before, one.after, one.revision, one.said) for one in view.grid_events.moves(number)]
    return OneGridEventAnswer.model_validate({**_row(view, kept), "moves": moves})


def _row(view: SiteView, kept: KeptEvent) -> dict[str, object]:
    return event_row(kept, view.grid_events.settings)
