"""A notice of an alarm: which moves are told, and in which words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from facility.alarms.alarm import ANNUNCIATED, Alarm, AlarmState, Priority
from facility.alarms.catalogue import CATALOGUE

RAISED, RETURNED = "raised", "returned"


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to people, and the least urgent alarms that take it."""

    name: str
    least: Priority = Priority.MEDIUM

    def takes(self, priority: Priority) -> bool:
        """Tell whether alarms of a priority are told this way."""
        return priority.rank <= self.least.rank


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told to one channel; `id` stays the same however often it is tried."""

    id: str
    body: dict[str, Any]


def told(before: AlarmState, after: Alarm) -> str | None:
    """Return what is told of a move: that an alarm was raised, or that one that had been is over."""
    if after.state is AlarmState.UNACKNOWLEDGED and before is not after.state:
        return RAISED
    if before in ANNUNCIATED and after.state in {AlarmState.RETURNED, AlarmState.NORMAL} and not after.active:
        return RETURNED
    return None


def body(site_id: str, what: str, alarm: Alarm, at: datetime) -> dict[str, Any]:
    """Return a notice as a document."""
    return {
        "site": site_id,
        "what": what,
        "alarm": alarm.id,
        "title": CATALOGUE[alarm.condition].title,
        "equipment": alarm.equipment,
        "priority": alarm.priority.value,
        "state": alarm.state.value,
        "at": at.isoformat(),
        "text": alarm.text,
        "response": CATALOGUE[alarm.condition].response,
    }


def subject(notices: Sequence[Notice]) -> str:
    """Return one line for some notices: the most urgent of those raised, and how many there are beside it."""
    raised = [one.body for one in notices if one.body["what"] == RAISED] or [one.body for one in notices]
    first = min(raised, key=lambda said: Priority(said["priority"]).rank)
    more = f" and {len(notices) - 1} more" if len(notices) > 1 else ""
    return f"[{first['site']}] {first['priority']} alarm {first['what']}: {first['title']}, {first['equipment']}{more}"


def paragraph(notice: Notice) -> str:
    """Return a notice as text for a person."""
    said = notice.body
    lines = [f"{said['priority'].upper()} {said['what']}: {said['title']} ({said['alarm']})", f"  at {said['at']}"]
    if said["text"]:
        lines.append(f"  {said['text']}")
    if said["what"] == RAISED:
        lines.append(f"  What to do: {said['response']}")
    return "\n".join(lines)
