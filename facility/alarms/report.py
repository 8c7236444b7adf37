"""An alarm, and the figures of all of them, as documents: the same for the terminal, files and the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from facility.alarms.alarm import Alarm, Said
from facility.alarms.catalogue import CATALOGUE
from facility.alarms.rates import TARGET_SHARE, Rates, is_stale


def alarm_row(alarm: Alarm, now: datetime) -> dict[str, Any]:
    """Return an alarm as one flat row; times are UTC."""
    definition = CATALOGUE[alarm.condition]
    return {
        "id": alarm.id,
        "priority": alarm.priority.value,
        "state": alarm.state.value,
        "equipment": alarm.equipment,
        "condition": alarm.condition,
        "title": definition.title,
        "text": alarm.text,
        "response": definition.response,
        "since": _iso(alarm.since),
        "active": alarm.active,
        "stale": is_stale(alarm, now),
        **_said("acknowledged", alarm.acknowledged),
        **_said("held", alarm.hold),
        "held_until": _iso(alarm.hold.until if alarm.hold else None),
        "suppressed_by": alarm.suppressed_by,
    }


def rates_document(found: Rates) -> dict[str, Any]:
    """Return the figures of the alarm system, with the shares that ISA-18.2 aims at."""
    return {
        "since": _iso(found.since),
        "until": _iso(found.until),
        "annunciated": found.number,
        "last_ten_minutes": found.last_ten_minutes,
        "most_in_ten_minutes": found.most_in_ten_minutes,
        "mean_per_ten_minutes": found.mean_per_ten_minutes,
        "mean_per_day": found.mean_per_day,
        "floods": [{"start": _iso(one.start), "end": _iso(one.end), "alarms": one.alarms} for one in found.floods],
        "in_flood_frac": found.in_flood_frac,
        "share": {priority.value: share for priority, share in found.share.items()},
        "target_share": {priority.value: share for priority, share in TARGET_SHARE.items()},
        "chattering": list(found.chattering),
        "stale": list(found.stale),
        "top": [{"id": name, "annunciated": number} for name, number in found.top],
        "top_frac": found.top_frac,
    }


def _said(what: str, said: Said | None) -> dict[str, str | None]:
    if said is None:
        return dict.fromkeys((f"{what}_by", f"{what}_at", f"{what}_reason"))
    return {f"{what}_by": said.by, f"{what}_at": _iso(said.at), f"{what}_reason": said.reason}


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
