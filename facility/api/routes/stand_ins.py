"""/stand-ins: values that stand in for what sensors do not tell, each by whom, why and until when."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from facility.access import Permission
from facility.api.conflict import conflicts
from facility.api.entry import needs
from facility.api.problem import ProblemError
from facility.api.routes.points import MeasuredAnswer
from facility.api.routes.reason import ReasonRequest
from facility.api.routes.view import View
from facility.api.shown import Shown
from facility.api.who import Who
from facility.errors import ConfigurationError
from facility.history.dispatch_records import Said
from facility.history.stand_in_book import new_stand_in
from facility.stand_ins import StandIn, StandInKind, check_stand_in

router = APIRouter(tags=["readings"])
Engineer = Annotated[Who, needs(Permission.DISPATCH)]


class StandInAnswer(BaseModel):
    """A value that stands in for a point, and what the point itself measures."""

    point: str
    unit: str
    kind: StandInKind
    value: float | None  # null: the point that it follows is not measured now
    source: str | None  # the point that it follows
    by: str
    reason: str
    at: AwareDatetime
    until: AwareDatetime
    measured: MeasuredAnswer


class StandInRequest(ReasonRequest):
    """Either a value or the point that it is taken from, until when, and why."""

    value: Annotated[float, Field(allow_inf_nan=False)] | None = None
    source: Annotated[str, Field(max_length=256)] | None = None
    until: AwareDatetime


@router.get("/stand-ins", dependencies=[needs(Permission.READ)])
def read_stand_ins(view: View) -> list[StandInAnswer]:
    """Return what stands in now, by point."""
    return _answers(view, None)


@router.post("/points/{name}/stand-in", responses={404: {}})
def begin_stand_in(name: str, given: StandInRequest, who: Engineer, view: View) -> StandInAnswer:
    """Let a value stand in for a point, until a time; it takes the place of the one before."""
    said = Said(who.name, given.reason, view.clock.now())
    one = new_stand_in(name, said, given.until, value=given.value, source=given.source)
    try:
        check_stand_in(view.loaded.points, one)
    except ConfigurationError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
    view.stand_ins.begin(one)
    return _answers(view, name)[0]


@router.post("/points/{name}/stand-in/end", responses={404: {}, 409: {}})
def end_stand_in(name: str, given: ReasonRequest, who: Engineer, view: View) -> MeasuredAnswer:
    """Let nothing stand in for a point any more; what it measures counts again."""
    point, now = view.loaded.points[name], view.clock.now()
    with conflicts():
        view.stand_ins.end(name, Said(who.name, given.reason, now))
    return MeasuredAnswer.model_validate(Shown(view.loaded.points, view.latest(), {}, now).measured(point))


def _answers(view: View, name: str | None) -> list[StandInAnswer]:
    now = view.clock.now()
    found = [
        one for one in view.stand_ins.holding(now) if name in (None, one.point) and one.point in view.loaded.points
    ]
    shown = Shown(view.loaded.points, view.latest(), {}, now)
    return [_answer(one, shown) for one in found]


def _answer(one: StandIn, shown: Shown) -> StandInAnswer:
    point = shown.points[one.point]
    return StandInAnswer(
        point=one.point,
        unit=point.unit,
        kind=one.kind,
        value=shown.stood_in(one).value,
        source=one.source,
        by=one.by,
        reason=one.reason,
        at=one.at,
        until=one.until,
        measured=MeasuredAnswer.model_validate(shown.measured(point)),
    )
