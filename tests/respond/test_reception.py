"""What becomes of an event that arrives, case by case; and what a revision leaves of the answer."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from facility.grid_event import GridEvent, GridEventInterval, GridEventKind, GridEventStanding
from facility.respond.arrival import judged
from facility.respond.event_state import GridEventState, KeptEvent
from facility.respond.reception import Outcome, asks_no_more
from facility.respond.soundness import MOST_INTERVALS, malformed, normal
from tests.respond.grid_events import NOW, SETTINGS, START, changed, grid_event, hours

KNOWN = KeptEvent(7, normal(grid_event(revision=3)), GridEventState.INVITED, NOW, NOW, NOW)
PLAIN = grid_event()


def outcome(event: GridEvent, known: KeptEvent | None = None, now: datetime = NOW) -> Outcome:
    return judged(known, event, SETTINGS, now)[1].outcome


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (PLAIN, Outcome.NEW),
        (replace(PLAIN, program="other"), Outcome.NOT_PERMITTED),  # of the site, but not of this sender
        (replace(PLAIN, program="nothing"), Outcome.NOT_PERMITTED),
        (replace(PLAIN, source="hook:stranger"), Outcome.NOT_PERMITTED),
        (replace(PLAIN, source="openadr:utility", program="other"), Outcome.NEW),
        (grid_event(start=NOW - timedelta(hours=2)), Outcome.PAST),
        (grid_event(start=NOW - timedelta(hours=1)), Outcome.LATE),
        (grid_event(start=NOW + timedelta(minutes=29)), Outcome.LATE),
        (grid_event(start=NOW + timedelta(minutes=30)), Outcome.NEW),
        (grid_event(start=NOW + timedelta(days=31)), Outcome.TOO_FAR_AHEAD),
        (grid_event((1.0, 2.0), kind=GridEventKind.LEVEL), Outcome.NEW),
        (grid_event((1.0, 3.0), kind=GridEventKind.LEVEL), Outcome.NOT_PERMITTED),
        (grid_event((-0.02,), kind=GridEventKind.PRICE, start=NOW + timedelta(minutes=1)), Outcome.NEW),
        (replace(PLAIN, standing=GridEventStanding.CANCELLED), Outcome.CANCELLED),
    ],
)
def test_an_event_that_is_new(event: GridEvent, expected: Outcome) -> None:
    assert outcome(event) is expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (KNOWN.event, Outcome.REPEATED),
        (replace(KNOWN.event, sent=NOW - timedelta(days=1)), Outcome.REPEATED),
        (replace(KNOWN.event, reason="other words"), Outcome.CONTRADICTORY),
        (replace(KNOWN.event, intervals=hours(80.0, 81.0)), Outcome.CONTRADICTORY),
        (replace(KNOWN.event, revision=2, reason="late in the mail"), Outcome.OUT_OF_DATE),
        (changed(KNOWN.event, intervals=hours(10.0)), Outcome.REVISED),
        (changed(KNOWN.event, standing=GridEventStanding.CANCELLED), Outcome.CANCELLED),
        (changed(KNOWN.event, intervals=hours(90.0, start=NOW + timedelta(minutes=5))), Outcome.LATE),
    ],
)
def test_an_event_that_is_known(event: GridEvent, expected: Outcome) -> None:
    assert outcome(event, KNOWN) is expected


def test_the_same_event_in_another_zone_is_the_same() -> None:
    there = timezone(timedelta(hours=-8))
    elsewhere = [
        GridEventInterval(one.start.astimezone(there), one.end.astimezone(there), one.value)
        for one in hours(80.0, 80.0)
    ]
    assert outcome(replace(KNOWN.event, intervals=elsewhere), KNOWN) is Outcome.REPEATED


def test_what_runs_may_be_shortened_and_cancelled_but_not_enlarged() -> None:
    midway = START + timedelta(minutes=30)
    active = replace(KNOWN, state=GridEventState.ACTIVE)
    assert outcome(changed(KNOWN.event, intervals=hours(80.0)), active, midway) is Outcome.REVISED
    assert outcome(changed(KNOWN.event, standing=GridEventStanding.CANCELLED), active, midway) is Outcome.CANCELLED
    assert outcome(changed(KNOWN.event, intervals=hours(80.0, 80.0, 80.0)), active, midway) is Outcome.LATE
    assert outcome(changed(KNOWN.event), replace(KNOWN, state=GridEventState.DONE), midway) is Outcome.PAST


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": ""}, "id"),
        ({"id": "x" * 256}, "id"),
        ({"id": "a\nb"}, "id"),
        ({"revision": -1}, "revision"),
        ({"revision": 2**31}, "revision"),
        ({"reason": "x" * 1001}, "reason"),
        ({"intervals": ()}, "intervals"),
        ({"intervals": hours(*[1.0] * (MOST_INTERVALS + 1))}, "intervals"),
        ({"intervals": (*hours(1.0), *hours(1.0))}, "intervals.1: begins before"),
        ({"intervals": (GridEventInterval(START, START, 1.0),)}, "intervals.0: ends before"),
        ({"intervals": (GridEventInterval(START.replace(tzinfo=None), START, 1.0),)}, "without a zone"),
        ({"sent": NOW.replace(tzinfo=None)}, "without a zone"),
        ({"intervals": (GridEventInterval(START, START + timedelta(days=400), 1.0),)}, "longer than"),
        ({"intervals": hours(math.nan)}, "intervals.0.value: expected a number"),
        ({"intervals": hours(-1.0)}, "never negative"),
        ({"intervals": hours(1.5), "kind": GridEventKind.LEVEL}, "expected a level"),
        ({"payment_per_kwh": -1.0}, "payment_per_kwh"),
        ({"penalty_per_kwh": math.inf}, "penalty_per_kwh"),
        ({"priority": -1}, "priority"),
    ],
)
def test_what_cannot_be_an_event(changes: dict[str, object], said: str) -> None:
    event = replace(PLAIN, **changes)  # type: ignore[arg-type]
    assert said in (malformed(event) or "")
    assert outcome(event) is Outcome.MALFORMED


def test_what_asks_no_more_than_before() -> None:
    before = grid_event((80.0, 80.0, 60.0))
    assert asks_no_more(before, replace(before, intervals=hours(70.0, 80.0)))
    assert asks_no_more(
        before, replace(before, intervals=(GridEventInterval(START, START + timedelta(hours=3), 60.0),))
    )
    assert asks_no_more(before, replace(before, payment_per_kwh=1.0))
    assert not asks_no_more(before, replace(before, intervals=hours(81.0)))
    assert not asks_no_more(before, replace(before, intervals=hours(80.0, 80.0, 60.0, 1.0)))
    assert not asks_no_more(
        before, replace(before, intervals=(GridEventInterval(START, START + timedelta(hours=3), 61.0),))
    )
    assert not asks_no_more(before, replace(before, penalty_per_kwh=0.1))
    assert not asks_no_more(before, replace(before, kind=GridEventKind.IMPORT_CAP))
    assert not asks_no_more(before, replace(before, program="asked"))
    cap = replace(before, kind=GridEventKind.IMPORT_CAP)
    assert asks_no_more(cap, replace(cap, intervals=hours(90.0)))
    assert not asks_no_more(cap, replace(cap, intervals=hours(70.0)))
