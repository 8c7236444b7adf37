"""What people do about an alarm: acknowledge it, shelve it, take it out of service; who did so, and why, goes to the journal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from facility.access import Permission
from facility.alarms import machine
from facility.alarms.alarm import Alarm, Said
from facility.api.conflict import conflicts
from facility.api.entry import needs
from facility.api.routes.alarms import OneAlarmAnswer, one_alarm
from facility.api.routes.reason import LONGEST_REASON, ReasonRequest
from facility.api.routes.view import View
from facility.api.who import Who

router = APIRouter(tags=["alarms"])
Decider = Annotated[Who, needs(Permission.DECIDE)]
# Not operators: what is out of service tells nobody anything, with no end. Returning it is theirs as well.
Engineer = Annotated[Who, needs(Permission.DISPATCH)]
_REFUSED: dict[int | str, dict[str, object]] = {404: {}, 409: {}}
Move = Callable[[Alarm, Said], Alarm]


class AcknowledgeRequest(BaseModel):
    """That somebody has seen it and responds."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[str, Field(max_length=LONGEST_REASON)] = ""


class ShelveRequest(ReasonRequest):
    """Why, and until when; at most 24 hours, and without it a shift of eight."""

    until: AwareDatetime | None = None


@router.post("/alarms/{name}/acknowledge", responses=_REFUSED)
def acknowledge_alarm(name: str, given: AcknowledgeRequest, who: Decider, view: View) -> OneAlarmAnswer:
    """Say that you have seen an alarm and respond to it."""
    return _moved(view, name, machine.acknowledge, Said(who.name, given.reason, view.clock.now()))


@router.post("/alarms/{name}/shelve", responses=_REFUSED)
def shelve_alarm(name: str, given: ShelveRequest, who: Decider, view: View) -> OneAlarmAnswer:
    """Put an alarm aside for some hours; then it comes back by itself."""
    now = view.clock.now()
    until: datetime = given.until or now + machine.DEFAULT_SHELVED
    return _moved(view, name, machine.shelve, Said(who.name, given.reason, now, until))


@router.post("/alarms/{name}/unshelve", responses=_REFUSED)
def unshelve_alarm(name: str, given: ReasonRequest, who: Decider, view: View) -> OneAlarmAnswer:
    """Take an alarm back from the shelf."""
    return _moved(view, name, machine.unshelve, Said(who.name, given.reason, view.clock.now()))


@router.post("/alarms/{name}/out-of-service", responses=_REFUSED)
def take_alarm_out_of_service(name: str, given: ReasonRequest, who: Engineer, view: View) -> OneAlarmAnswer:
    """Put an alarm aside until somebody returns it to service."""
    return _moved(view, name, machine.take_out_of_service, Said(who.name, given.reason, view.clock.now()))


@router.post("/alarms/{name}/in-service", responses=_REFUSED)
def return_alarm_to_service(name: str, given: ReasonRequest, who: Decider, view: View) -> OneAlarmAnswer:
    """Return an alarm to service."""
    return _moved(view, name, machine.return_to_service, Said(who.name, given.reason, view.clock.now()))


def _moved(view: View, name: str, how: Move, said: Said) -> OneAlarmAnswer:
    one_alarm(view, name)  # there is none: told as such
    with conflicts():
        view.alarms.move(name, how, said)
    return one_alarm(view, name)
