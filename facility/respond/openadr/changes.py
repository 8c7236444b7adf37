"""What has changed at a VTN beside what the site keeps: new, modified and cancelled events. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from facility.grid_event import GridEvent, GridEventStanding
from facility.respond.reception import asks_no_more


def changed(known: Sequence[GridEvent], told: Sequence[GridEvent]) -> list[GridEvent]:
    """Return what of the told events is new or not as it is kept; its revision is one more than the kept one's.

    What was sent before the kept one is out of date, and no change.
    """
    kept = {event.id: event for event in known}
    found: list[GridEvent] = []
    for event in told:
        before = kept.get(event.id)
        if before is None:
            found.append(event)
        elif event.sent >= before.sent and _asks(event) != _asks(before):
            found.append(replace(event, revision=before.revision + 1))
    return found


def cancelled(known: Sequence[GridEvent], there: Collection[str], now: datetime) -> list[GridEvent]:
    """Return the kept events, not over yet, that are no longer there, as cancelled ones."""
    return [
        replace(event, revision=event.revision + 1, standing=GridEventStanding.CANCELLED)
        for event in known
        if event.standing is GridEventStanding.STANDING and event.end > now and event.id not in there
    ]


def ended_early(live: Sequence[GridEvent], told: Sequence[GridEvent], now: datetime) -> frozenset[str]:
    """Return which events had begun and are now told to be over, asking nothing else: what was delivered of them counts."""
    begun = {event.id: event for event in live if event.start <= now}
    return frozenset(
        event.id for event in told if event.end <= now and event.id in begun and asks_no_more(begun[event.id], event)
    )


def _asks(event: GridEvent) -> GridEvent:
    """Return an event without what may differ though it asks the same."""
    return replace(event, revision=0, sent=event.intervals[0].start, intervals=tuple(event.intervals))
