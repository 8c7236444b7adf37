"""The moves of an alarm: what is observed, and what people do. Pure: each takes an alarm and returns it as it is afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from facility.alarms.alarm import Alarm, AlarmState, Said
from facility.errors import JournalError

LONGEST_SHELVED = timedelta(hours=24)  # what is to be away for longer is out of service, which another person sees
DEFAULT_SHELVED = timedelta(hours=8)  # a shift

_ACKNOWLEDGEABLE = (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED)


def observed(alarm: Alarm, active: bool, text: str, suppressed_by: str | None, at: datetime) -> Alarm:
    """Return the alarm after a look at the plant; raised anew it awaits acknowledgement, unless held or suppressed."""
    before = alarm.state
    if active != alarm.active:
        alarm = replace(alarm, active=active, since=at, text=text if active else alarm.text)
    alarm = replace(alarm, suppressed_by=suppressed_by if active else None)
    return _settled(alarm, before)


def acknowledge(alarm: Alarm, said: Said) -> Alarm:
    """Return the alarm as seen by somebody.

    Raises
    ------
    JournalError
        If nothing waits to be acknowledged.
    """
    _need(alarm, "acknowledged", *_ACKNOWLEDGEABLE)
    return replace(alarm, awaits=False, acknowledged=said)


def shelve(alarm: Alarm, said: Said) -> Alarm:
    """Return the alarm put aside until a time; one that is shelved gets another time.

    Raises
    ------
    JournalError
        If it is out of service, no reason is given, or the time is past or too far away.
    """
    if said.until is None or not said.at < said.until <= said.at + LONGEST_SHELVED:
        raise JournalError(
            f"alarm {alarm.id} can be shelved for up to {_hours(LONGEST_SHELVED)}; longer: out-of-service"
        )
    _need(alarm, "shelved", *(state for state in AlarmState if state is not AlarmState.OUT_OF_SERVICE))
    return _held(alarm, AlarmState.SHELVED, said)


def unshelve(alarm: Alarm, said: Said) -> Alarm:
    """Return the alarm taken back from the shelf; one that is active awaits acknowledgement."""
    _need(alarm, "unshelved", AlarmState.SHELVED)
    return _released(alarm, said)


def take_out_of_service(alarm: Alarm, said: Said) -> Alarm:
    """Return the alarm put aside until somebody returns it to service."""
    _need(alarm, "taken out of service", *(state for state in AlarmState if state is not AlarmState.OUT_OF_SERVICE))
    return _held(alarm, AlarmState.OUT_OF_SERVICE, said)


def return_to_service(alarm: Alarm, said: Said) -> Alarm:
    """Return the alarm in service again; one that is active awaits acknowledgement."""
    _need(alarm, "returned to service", AlarmState.OUT_OF_SERVICE)
    return _released(alarm, said)


def expired(alarm: Alarm, at: datetime) -> Alarm:
    """Return the alarm with its shelving ended, where that was to end by now."""
    if alarm.held is not AlarmState.SHELVED or alarm.hold is None or alarm.hold.until is None or at < alarm.hold.until:
        return alarm
    return _settled(replace(alarm, hold=None, held=None), AlarmState.SHELVED)


def _held(alarm: Alarm, held: AlarmState, said: Said) -> Alarm:
    if not said.reason.strip():
        raise JournalError(f"alarm {alarm.id}: say why (--reason)")
    return _settled(replace(alarm, hold=said, held=held), alarm.state)


def _released(alarm: Alarm, said: Said) -> Alarm:
    if not said.reason.strip():
        raise JournalError(f"alarm {alarm.id}: say why (--reason)")
    return _settled(replace(alarm, hold=None, held=None), alarm.state)


def _settled(alarm: Alarm, before: AlarmState) -> Alarm:
    """Return the alarm with what a new state asks of people; without a new state as it is.

    Nobody is asked about what is held or suppressed. What comes back active is annunciated as if it had just begun: whoever
    acknowledged it before may be at home.
    """
    if alarm.held is not None or (alarm.active and alarm.suppressed_by is not None):
        return replace(alarm, awaits=False, acknowledged=None)
    if alarm.active and before not in (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED):
        return replace(alarm, awaits=True, acknowledged=None)
    return alarm


def _need(alarm: Alarm, done: str, *states: AlarmState) -> None:
    if alarm.state not in states:
        raise JournalError(f"alarm {alarm.id} is {alarm.state.replace('_', ' ')} and cannot be {done}")


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:g} h"
