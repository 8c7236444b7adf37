"""Whether what a sender tells can be an event at all."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from facility.grid_event import GridEvent, GridEventInterval, GridEventKind

LONGEST_NAME, LONGEST_REASON = 255, 1000
MOST_INTERVALS = 2976  # a month of quarter hours
LONGEST = timedelta(days=366)
_MOST_REVISION = 2**31 - 1
_SIGNED = frozenset({GridEventKind.PRICE, GridEventKind.SETPOINT})  # their values may be negative
_HIGHEST_LEVEL = 3


def normal(event: GridEvent) -> GridEvent:
    """Return an event with its times in UTC, so that the same event is equal to itself however it was written."""
    intervals = tuple(
        GridEventInterval(one.start.astimezone(UTC), one.end.astimezone(UTC), float(one.value))
        for one in event.intervals
    )
    by = event.answer_by and event.answer_by.astimezone(UTC)
    return replace(event, intervals=intervals, sent=event.sent.astimezone(UTC), answer_by=by)


def malformed(event: GridEvent) -> str | None:
    """Return what is wrong with an event, if something is."""
    return next(_faults(event), None)


def _faults(event: GridEvent) -> Iterator[str]:
    for what, text in (("id", event.id), ("program", event.program), ("source", event.source)):
        if not 0 < len(text) <= LONGEST_NAME or not text.isprintable():
            yield f"{what}: expected 1 to {LONGEST_NAME} printable characters"
    if len(event.reason) > LONGEST_REASON:
        yield f"reason: longer than {LONGEST_REASON} characters"
    if not 0 <= event.revision <= _MOST_REVISION:
        yield f"revision: expected 0 to {_MOST_REVISION}"
    if not 0 < len(event.intervals) <= MOST_INTERVALS:
        yield f"intervals: expected 1 to {MOST_INTERVALS}"
        return
    if any(time.tzinfo is None for time in _times(event)):
        yield "a time without a zone"
        return
    yield from _faults_in_time(event)
    yield from _faults_in_values(event)


def _times(event: GridEvent) -> Iterator[datetime]:
    yield event.sent
    for one in event.intervals:
        yield from (one.start, one.end)
    if event.answer_by is not None:
        yield event.answer_by


def _faults_in_time(event: GridEvent) -> Iterator[str]:
    for number, one in enumerate(event.intervals):
        if one.end <= one.start:
            yield f"intervals.{number}: ends before it begins"
    for number, (before, after) in enumerate(pairwise(event.intervals), start=1):
        if after.start < before.end:
            yield f"intervals.{number}: begins before the one before it ends"
    if event.end - event.start > LONGEST:
        yield f"longer than {LONGEST.days} days"


def _faults_in_values(event: GridEvent) -> Iterator[str]:
    for what, price in (("payment_per_kwh", event.payment_per_kwh), ("penalty_per_kwh", event.penalty_per_kwh)):
        if price is not None and not (math.isfinite(price) and price >= 0.0):
            yield f"{what}: expected a number, at least 0"
    if event.priority is not None and event.priority < 0:
        yield "priority: expected at least 0"
    for number, one in enumerate(event.intervals):
        if not math.isfinite(one.value):
            yield f"intervals.{number}.value: expected a number"
        elif one.value < 0.0 and event.kind not in _SIGNED:
            yield f"intervals.{number}.value: {event.kind.value} is never negative"
        elif event.kind is GridEventKind.LEVEL and not (one.value.is_integer() and one.value <= _HIGHEST_LEVEL):
            yield f"intervals.{number}.value: expected a level, 0 to {_HIGHEST_LEVEL}"
