"""Which of several events holds when: where they overlap, the more urgent one. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from facility.grid_event import GridEvent, GridEventInterval, GridEventKind, GridEventStanding

# What asks the same of the site in other words; what only tells is not here.
_KINDS = (
    frozenset({GridEventKind.LEVEL, GridEventKind.REDUCTION}),
    frozenset({GridEventKind.IMPORT_CAP, GridEventKind.SETPOINT}),
)


@dataclass(frozen=True, slots=True)
class Held:
    """A value that holds from `start` until `end`, and the event that asks it."""

    start: datetime
    end: datetime
    value: float
    event: GridEvent


def held(events: Sequence[GridEvent]) -> list[Held]:
    """Return which value holds when, of events of one kind that stand; in the order of time, none overlapping.

    The lowest priority number holds, and before those that have none. Of equals the standard says nothing: the one sent last
    holds, so that a correction needs no priority.
    """
    spans = [
        Held(interval.start, interval.end, interval.value, event)
        for event in events
        if event.standing is GridEventStanding.STANDING
        for interval in event.intervals
    ]
    edges = sorted({edge for span in spans for edge in (span.start, span.end)})
    opening = deque(sorted(spans, key=lambda span: span.start))
    found: list[Held] = []
    open_: list[Held] = []
    for start, end in pairwise(edges):
        while opening and opening[0].start <= start:
            open_.append(opening.popleft())
        open_ = [span for span in open_ if span.end > start]
        if open_:
            _add(found, min(open_, key=urgency), start, end)
    return found


def in_force(events: Sequence[GridEvent]) -> list[GridEvent]:
    """Return what is left of events beside more urgent ones of their source; those of which nothing is are left out.

    Sources do not know of each other: what was promised to each holds.
    """
    found: list[GridEvent] = []
    for event in events:
        rivals = [one for one in events if one.source == event.source and _alike(one, event)]
        spans = [span for span in held(rivals) if span.event == event]
        if intervals := tuple(_cut(event, spans)) if len(rivals) > 1 else tuple(event.intervals):
            found.append(replace(event, intervals=intervals))
    return found


def _alike(one: GridEvent, other: GridEvent) -> bool:
    return one == other or any({one.kind, other.kind} <= kinds for kinds in _KINDS)


def _cut(event: GridEvent, spans: Sequence[Held]) -> Iterator[GridEventInterval]:
    """Yield the parts of an event's intervals in which it holds."""
    for interval in event.intervals:
        for span in spans:
            start, end = max(interval.start, span.start), min(interval.end, span.end)
            if start < end:
                yield GridEventInterval(start, end, interval.value)


def urgency(span: Held) -> tuple[bool, int, float, str, str]:
    """Return by what spans are ordered, the most urgent first."""
    event = span.event
    return event.priority is None, event.priority or 0, -event.sent.timestamp(), event.source, event.id


def _add(found: list[Held], best: Held, start: datetime, end: datetime) -> None:
    last = found[-1] if found else None
    if last is not None and (last.end, last.value, last.event) == (start, best.value, best.event):
        found[-1] = Held(last.start, end, best.value, best.event)
    else:
        found.append(Held(start, end, best.value, best.event))
