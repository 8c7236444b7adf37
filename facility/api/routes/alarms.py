"""/alarms and /alarm-rates: what calls for a person, how each came to its state, and how many come at once."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from facility.access import Permission
from facility.alarms.alarm import Alarm, AlarmState, Priority
from facility.alarms.rates import rates
from facility.alarms.report import alarm_row, rates_document
from facility.api.entry import needs
from facility.api.problem import ProblemError
from facility.api.routes.view import View
from facility.api.site_view import SiteView

router = APIRouter(tags=["alarms"])
MOST = 500


class AlarmAnswer(BaseModel):
    """An alarm; `text` is of the moment in which it was raised."""

    id: str
    priority: Priority
    state: AlarmState
    equipment: str
    condition: str
    title: str
    text: str
    response: str
    since: AwareDatetime | None
    active: bool
    stale: bool
    acknowledged_by: str | None
    acknowledged_at: AwareDatetime | None
    acknowledged_reason: str | None
    held_by: str | None
    held_at: AwareDatetime | None
    held_reason: str | None
    held_until: AwareDatetime | None
    suppressed_by: str | None


class AlarmsAnswer(BaseModel):
    """A page of alarms, and how many there are on all pages."""

    total: int
    offset: int
    alarms: list[AlarmAnswer]


class MoveAnswer(BaseModel):
    """A move of an alarm."""

    at: AwareDatetime
    before: AlarmState
    after: AlarmState
    text: str
    actor: str
    reason: str


class OneAlarmAnswer(AlarmAnswer):
    """An alarm and how it came to its state, oldest move first."""

    history: list[MoveAnswer]


@router.get("/alarms", dependencies=[needs(Permission.READ)])
def read_alarms(
    *,
    view: View,
    state: Annotated[list[AlarmState] | None, Query(description="may be repeated; none: any state but normal")] = None,
    priority: Annotated[list[Priority] | None, Query(description="may be repeated")] = None,
    equipment: str | None = None,
    condition: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> AlarmsAnswer:
    """Return alarms, most urgent and newest first."""
    states = state or [each for each in AlarmState if each is not AlarmState.NORMAL]
    found = [
        alarm
        for alarm in view.alarms.alarms(states)
        if (not priority or alarm.priority in priority)
        and equipment in (None, alarm.equipment)
        and condition in (None, alarm.condition)
    ]
    page = found[offset : offset + limit]
    return AlarmsAnswer(total=len(found), offset=offset, alarms=[AlarmAnswer(**_row(view, each)) for each in page])


@router.get("/alarms/{name}", dependencies=[needs(Permission.READ)], responses={404: {}})
def read_alarm(view: View, name: str) -> OneAlarmAnswer:
    """Return one alarm with its history."""
    return one_alarm(view, name)


def one_alarm(view: SiteView, name: str) -> OneAlarmAnswer:
    """Return an alarm as it is now, or refuse what there is none of."""
    found = next((alarm for alarm in view.alarms.alarms() if alarm.id == name), None)
    if found is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"no alarm {name!r}; /api/v1/alarms lists them")
    history = [
        MoveAnswer(at=one.at, before=one.before, after=one.after, text=one.text, actor=one.actor, reason=one.reason)
        for one in view.alarms.moves(name)
    ]
    return OneAlarmAnswer(**_row(view, found), history=history)


@router.get("/alarm-rates", dependencies=[needs(Permission.READ)])
def read_rates(view: View, days: Annotated[float, Query(ge=0.01, le=3660)] = 30.0) -> dict[str, Any]:
    """Return the figures of the alarm system of the last days, as `facility alarms rates --format json` prints them."""
    now = view.clock.now()
    since = now - timedelta(days=days)
    return rates_document(rates(view.alarms.annunciated(since), view.alarms.alarms(), since, now))


def _row(view: SiteView, alarm: Alarm) -> dict[str, Any]:
    return alarm_row(alarm, view.clock.now())
