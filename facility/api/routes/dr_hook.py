"""POST /dr/events: what aggregators and programs of one's own ask of the site, signed (`facility.api.signed_route`)."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat

from facility.api.entry import signed
from facility.api.problem import ProblemError
from facility.api.routes.view import View
from facility.api.signed_route import SignedRoute
from facility.grid_event import GridEvent, GridEventInterval, GridEventKind, GridEventStanding
from facility.history.hook_deliveries import Delivery, KeyReusedError, ReplayedError
from facility.respond.reception import REFUSED, Outcome, Reception
from facility.respond.settings import HOOK
from facility.respond.soundness import LONGEST_NAME, LONGEST_REASON

router = APIRouter(tags=["demand response"], route_class=SignedRoute)
MOST_EVENTS = 100
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
_REFUSED: dict[int | str, dict[str, object]] = {409: {}}


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")


class HookInterval(_Given):
    """One value, held from `start` until `end`."""

    start: AwareDatetime
    end: AwareDatetime
    value: FiniteFloat


class HookEvent(_Given):
    """An event as its sender means it now; whoever changes it counts `revision` up."""

    id: Name
    revision: Annotated[int, Field(ge=0)] = 0
    program: Name
    kind: GridEventKind
    intervals: Annotated[list[HookInterval], Field(min_length=1)]
    sent: AwareDatetime | None = None
    standing: GridEventStanding = GridEventStanding.STANDING
    priority: Annotated[int, Field(ge=0)] | None = None
    answer_by: AwareDatetime | None = None
    payment_per_kwh: FiniteFloat | None = None
    penalty_per_kwh: FiniteFloat | None = None
    reason: Annotated[str, Field(max_length=LONGEST_REASON)] = ""
    test: bool = False

    def of(self, source: str, now: datetime) -> GridEvent:
        """Return it as the site keeps it."""
        intervals = tuple(GridEventInterval(one.start, one.end, one.value) for one in self.intervals)
        given = self.model_dump(exclude={"intervals", "sent"})
        return GridEvent(source=source, intervals=intervals, sent=self.sent or now, **given)


class HookEvents(_Given):
    """Events, taken together or not at all."""

    events: Annotated[list[HookEvent], Field(min_length=1, max_length=MOST_EVENTS)]


class ReceptionAnswer(BaseModel):
    """What became of an event; `number` is what the site calls it."""

    id: str
    outcome: Outcome
    why: str
    number: int | None


@router.post("/dr/events", responses=_REFUSED)
def receive_events(given: HookEvents, view: View, delivery: Annotated[Delivery, signed()]) -> list[ReceptionAnswer]:
    """Take events from a sender, and say of each what became of it; a delivery of which nothing is taken is refused.

    Sent again with the same `Idempotency-Key` it is answered as the first time; sent again with the same signature it is refused.
    """
    source = f"{HOOK}{delivery.sender}"
    events = [one.of(source, delivery.at) for one in given.events]
    try:
        found = view.grid_events.receive(events, delivery.at, delivery)
    except (ReplayedError, KeyReusedError) as error:
        view.grid_events.refuse(source, "dr/events", str(error), delivery.at)
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error
    if all(one.outcome in REFUSED for one in found):
        raise _nothing_taken(given, found)
    return [
        ReceptionAnswer(id=one.id, outcome=reception.outcome, why=reception.why, number=reception.number)
        for one, reception in zip(given.events, found, strict=True)
    ]


def _nothing_taken(given: HookEvents, found: list[Reception]) -> ProblemError:
    malformed = all(one.outcome is Outcome.MALFORMED for one in found)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if malformed else HTTPStatus.CONFLICT
    whys = [f"{event.id}: {one.outcome.value}: {one.why}" for event, one in zip(given.events, found, strict=True)]
    return ProblemError(status, "; ".join(whys[:10]))
