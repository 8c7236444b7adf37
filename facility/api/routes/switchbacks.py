"""/switchbacks: changes that go on and off by chance, their timetables, and what they say of a saving."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from facility.access import Permission
from facility.api.conflict import conflicts
from facility.api.entry import needs
from facility.api.finite import finite
from facility.api.problem import ProblemError
from facility.api.routes.reason import ReasonRequest
from facility.api.routes.view import View
from facility.api.saving_answer import SavingAnswer
from facility.api.who import Who
from facility.dispatch.switchback import Timetable
from facility.errors import ConfigurationError, NotEnoughDataError
from facility.history.switchback_records import Switchback
from facility.records import Recommendation
from facility.savings.measured import MeasuredSaving
from facility.savings.switchback import measure_switchback
from facility.savings.switchback_report import switchback_document

router = APIRouter(tags=["savings"])
KEPT_S = 86_400.0
Releaser = Annotated[Who, needs(Permission.RELEASE)]
Engineer = Annotated[Who, needs(Permission.DISPATCH)]
_UNKNOWN: dict[int | str, dict[str, object]] = {404: {}, 409: {}}


class BlockAnswer(BaseModel):
    """A block of a timetable; `reached`: when dispatch had it so."""

    begins: Annotated[AwareDatetime, Field(alias="from")]
    ends: Annotated[AwareDatetime, Field(alias="to")]
    change: str
    reached: AwareDatetime | None


class SaidAnswer(BaseModel):
    """Who did it, why, and when."""

    by: str
    reason: str
    at: AwareDatetime


class SwitchbackAnswer(BaseModel):
    """A switchback; `now` and `switches_at` are null when it is over, `measured` while it says nothing yet."""

    id: str
    recommendation: str
    by_hand: bool
    begins: AwareDatetime
    ends: AwareDatetime
    pairs: int
    block_h: float
    wash_out_h: float
    seed: int
    started: SaidAnswer
    stopped: SaidAnswer | None
    now: str | None
    switches_at: AwareDatetime | None
    blocks: list[BlockAnswer]
    measured: SavingAnswer | None
    unmeasured: str | None


class StartRequest(ReasonRequest):
    """Which recommendation is to go on and off, by what timetable, and why."""

    recommendation: Annotated[str, Field(min_length=1, max_length=64)]
    pairs: Annotated[int, Field(ge=1, le=200)] = 14
    block_h: Annotated[float, Field(gt=0, le=168)] = 4.0
    wash_out_h: Annotated[float, Field(ge=0, le=84)] = 1.0
    by_hand: bool = False


@router.get("/switchbacks", dependencies=[needs(Permission.READ)])
def read_switchbacks(view: View) -> list[SwitchbackAnswer]:
    """Return all switchbacks, oldest first, each with its timetable and what it says so far."""
    return [_answer(view, one) for one in view.dispatch.switchbacks.kept.all()]


@router.post("/switchbacks", responses=_UNKNOWN)
def start_switchback(given: StartRequest, who: Engineer, view: View) -> SwitchbackAnswer:
    """Have an approved or applied recommendation go on and off by chance; chance finds the seed."""
    if all(one.id != given.recommendation for one in view.journal.recommendations()):
        raise ProblemError(HTTPStatus.NOT_FOUND, f"no recommendation {given.recommendation!r}")
    block, wash_out = timedelta(hours=given.block_h), timedelta(hours=given.wash_out_h)
    asked = Timetable(given.pairs, block, wash_out, given.by_hand)
    try:
        with conflicts():
            started = view.dispatch.start_switchback(given.recommendation, asked, who.name, given.reason)
    except ConfigurationError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
    return _answer(view, started)


@router.post("/switchbacks/{name}/stop", responses=_UNKNOWN)
def stop_switchback(name: str, given: ReasonRequest, who: Releaser, view: View) -> SwitchbackAnswer:
    """End a switchback; what it holds is put back."""
    if all(one.id != name for one in view.dispatch.switchbacks.kept.all()):
        raise ProblemError(HTTPStatus.NOT_FOUND, f"no switchback {name!r}")
    with conflicts():
        return _answer(view, view.dispatch.stop_switchback(name, who.name, given.reason))


def _answer(view: View, one: Switchback) -> SwitchbackAnswer:
    tried, now = view.dispatch.book.recommendation(one.recommendation), view.clock.now()
    document = switchback_document(one, now, lambda: _measured(view, one, tried, now))
    return SwitchbackAnswer.model_validate(finite(document))


def _measured(view: View, one: Switchback, tried: Recommendation, now: datetime) -> MeasuredSaving:
    """Return what one says of a saving: measured anew when another of its blocks is over, of an ended one once a day.

    Readings of an ended one can still be doubted afterwards.
    """

    def measure() -> MeasuredSaving | list[str]:
        try:
            return measure_switchback(view.loaded, view.telemetry, one, tried, now, archive=view.forecasts)
        except NotEnoughDataError as error:
            return list(error.missing)

    over = f"{one.id}, {len(one.over(now))} blocks over, until {one.ends.isoformat()}"
    found: MeasuredSaving | list[str] = view.kept(f"switchback {over}", KEPT_S, measure)
    if isinstance(found, list):
        raise NotEnoughDataError(found)
    return found
