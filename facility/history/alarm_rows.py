"""Rows of the tables of alarms as records, and back."""

from __future__ import annotations

from datetime import datetime

from facility.alarms.alarm import Alarm, AlarmState, Priority, Said
from facility.history.alarm_tables import AlarmRow


def as_alarm(row: AlarmRow) -> Alarm:
    """Return the alarm that a row keeps."""
    return Alarm(
        id=row.id,
        equipment=row.equipment,
        condition=row.condition,
        priority=Priority(row.priority),
        text=row.text,
        since=row.since,
        active=row.active,
        awaits=row.awaits,
        acknowledged=_said(row.acknowledged_by, row.acknowledged_reason, row.acknowledged_at),
        suppressed_by=row.suppressed_by,
        hold=_said(row.held_by, row.held_reason, row.held_at, row.held_until),
        held=AlarmState(row.held) if row.held else None,
    )


def as_row(alarm: Alarm, site_id: str) -> AlarmRow:
    """Return an alarm as a row."""
    seen, hold = alarm.acknowledged, alarm.hold
    return AlarmRow(
        site_id=site_id,
        id=alarm.id,
        equipment=alarm.equipment,
        condition=alarm.condition,
        priority=alarm.priority.value,
        state=alarm.state.value,
        text=alarm.text,
        since=alarm.since,
        active=alarm.active,
        awaits=alarm.awaits,
        acknowledged_by=seen and seen.by,
        acknowledged_reason=seen and seen.reason,
        acknowledged_at=seen and seen.at,
        suppressed_by=alarm.suppressed_by,
        held=alarm.held and alarm.held.value,
        held_by=hold and hold.by,
        held_reason=hold and hold.reason,
        held_at=hold and hold.at,
        held_until=hold and hold.until,
    )


def _said(by: str | None, reason: str | None, at: datetime | None, until: datetime | None = None) -> Said | None:
    return Said(by, reason or "", at, until) if by is not None and at is not None else None
