"""Which event holds when: against looking at each moment by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from facility.grid_event import GridEvent, GridEventInterval, GridEventKind, GridEventStanding
from facility.respond.overlap import Held, held, in_force, urgency

START = datetime(2026, 3, 1, tzinfo=UTC)
HOURS = 12


def hour(number: float) -> datetime:
    return START + timedelta(hours=number)


def asked(name: int, spans: list[tuple[int, int, float]], priority: int | None, sent: int, stands: bool) -> GridEvent:
    intervals, begun = [], 0
    for gap, length, value in spans:
        intervals.append(GridEventInterval(hour(begun + gap), hour(begun + gap + length), value))
        begun += gap + length
    standing = GridEventStanding.STANDING if stands else GridEventStanding.CANCELLED
    return GridEvent(
        "s", str(name), 0, "p", GridEventKind.LEVEL, intervals, hour(-sent), standing=standing, priority=priority
    )


SPANS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 3), st.sampled_from([0.0, 1.0, 2.0])), min_size=1, max_size=4
)
EVENTS = st.lists(st.tuples(SPANS, st.none() | st.integers(0, 2), st.integers(0, 2), st.booleans()), max_size=6).map(
    lambda drawn: [asked(name, *each) for name, each in enumerate(drawn)]
)


@given(EVENTS)
def test_at_each_moment_the_most_urgent_holds(events: list[GridEvent]) -> None:
    found = held(events)
    for half in range(2 * HOURS):
        moment = hour(half / 2 + 0.25)
        there = [
            Held(interval.start, interval.end, interval.value, event)
            for event in events
            if event.standing is GridEventStanding.STANDING
            for interval in event.intervals
            if interval.start <= moment < interval.end
        ]
        now = [span for span in found if span.start <= moment < span.end]
        if not there:
            assert now == []
            continue
        best = min(there, key=urgency)
        assert [(span.value, span.event) for span in now] == [(best.value, best.event)]


@given(EVENTS)
def test_what_holds_is_in_order_and_in_as_few_spans_as_can_be(events: list[GridEvent]) -> None:
    for earlier, later in pairwise(held(events)):
        assert earlier.end <= later.start
        assert (earlier.end, earlier.value, earlier.event) != (later.start, later.value, later.event)


@given(EVENTS, st.randoms())
def test_in_whatever_order_they_come(events: list[GridEvent], random: object) -> None:
    shuffled = list(events)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert held(shuffled) == held(events)


def test_a_lower_number_is_more_urgent_and_none_the_least() -> None:
    priorities = [None, 5, 0, 1]
    events = [asked(name, [(0, 1, float(name))], priority, 0, True) for name, priority in enumerate(priorities)]
    assert [span.value for span in held(events)] == [2.0]
    assert [span.value for span in held(events[:2])] == [1.0]


def test_of_equals_the_one_sent_last_holds() -> None:
    older, newer = (asked(name, [(0, 1, float(name))], 1, 2 - name, True) for name in (0, 1))
    assert [span.value for span in held([older, newer])] == [1.0]


@given(EVENTS)
def test_what_is_left_of_events_is_what_holds(events: list[GridEvent]) -> None:
    standing = [event for event in events if event.standing is GridEventStanding.STANDING]
    spans = held(standing)
    left = {event.id: event.intervals for event in in_force(standing)}
    for half in range(2 * HOURS):
        moment = hour(half / 2 + 0.25)
        now = [(span.event.id, span.value) for span in spans if span.start <= moment < span.end]
        parts = [(name, one.value) for name, found in left.items() for one in found if one.start <= moment < one.end]
        assert parts == now


def left(*events: GridEvent) -> list[str]:
    return [one.id for one in in_force(events)]


def test_other_kinds_and_other_sources_hold_beside_it() -> None:
    urgent, level = asked(0, [(0, 2, 1.0)], 0, 0, True), asked(1, [(0, 2, 2.0)], None, 0, True)
    cap, elsewhere = replace(level, kind=GridEventKind.IMPORT_CAP), replace(level, source="t")
    assert left(urgent, cap, elsewhere) == ["0", "1", "1"]
    assert left(urgent, level) == left(urgent, replace(level, kind=GridEventKind.REDUCTION)) == ["0"]
    assert left(cap, replace(urgent, kind=GridEventKind.SETPOINT)) == ["0"]
