"""Switchbacks as documents, the same from the command and from the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from facility.errors import NotEnoughDataError
from facility.history.dispatch_records import Said
from facility.history.switchback_records import Switchback
from facility.savings.measured import MeasuredSaving
from facility.savings.report import saving_row


def switchback_document(one: Switchback, now: datetime, measure: Callable[[], MeasuredSaving]) -> dict[str, Any]:
    """Return how a switchback stands, its timetable, and what it says so far; `unmeasured` says why it says nothing yet."""
    measured, unmeasured = None, None
    try:
        measured = saving_row(measure())
    except NotEnoughDataError as error:
        unmeasured = str(error)
    number = one.number_at(now)
    return {
        "id": one.id,
        "recommendation": one.recommendation,
        "by_hand": one.by_hand,
        "begins": one.begins,
        "ends": one.ends,
        "pairs": one.pairs,
        "block_h": one.block_h,
        "wash_out_h": one.wash_out_h,
        "seed": one.seed,
        "started": _said(one.started),
        "stopped": None if one.stopped is None else _said(one.stopped),
        "now": None if number is None else ("on" if one.blocks[number].on else "off"),
        "switches_at": None if number is None else one.span(one.blocks[number])[1],
        "blocks": [block_row(one, number) for number in range(len(one.blocks))],
        "measured": measured,
        "unmeasured": unmeasured,
    }


def block_row(one: Switchback, number: int) -> dict[str, Any]:
    """Return a block: from when to when the change is on or off, and when dispatch had it so."""
    block = one.blocks[number]
    begins, ends = one.span(block)
    return {"from": begins, "to": ends, "change": "on" if block.on else "off", "reached": one.reached.get(number)}


def _said(said: Said) -> dict[str, Any]:
    return {"by": said.by, "reason": said.reason, "at": said.at}
