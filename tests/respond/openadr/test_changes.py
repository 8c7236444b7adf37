"""What has changed at a VTN, whatever happened between two readings: the site ends with what is there, and counts revisions up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from facility.grid_event import GridEvent, GridEventInterval, GridEventKind, GridEventStanding
from facility.respond.openadr.changes import cancelled, changed, ended_early

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def told(name: str, value: float, sent: int) -> GridEvent:
    interval = GridEventInterval(NOW, NOW + timedelta(hours=1), value)
    return GridEvent("s", name, 0, "p", GridEventKind.LEVEL, [interval], NOW + timedelta(seconds=sent))


THERE = st.dictionaries(st.sampled_from("abcd"), st.sampled_from([0.0, 1.0, 2.0]))


@given(st.lists(THERE, max_size=8))
def test_the_site_follows_the_vtn(readings: list[dict[str, float]]) -> None:
    book: dict[str, GridEvent] = {}
    for sent, there in enumerate(readings):
        events = [told(name, value, sent) for name, value in there.items()]
        news = [*changed(list(book.values()), events), *cancelled(list(book.values()), set(there), NOW)]
        assert len({event.id for event in news}) == len(news)
        for event in news:
            assert event.revision == (book[event.id].revision + 1 if event.id in book else 0)
            book[event.id] = event
        standing = {name: event.intervals[0].value for name, event in book.items() if event.standing == "standing"}
        assert standing == there
        assert changed(list(book.values()), events) == []
        assert cancelled(list(book.values()), set(there), NOW) == []


def test_what_was_sent_before_is_out_of_date() -> None:
    kept = replace(told("a", 1.0, 10), revision=4)
    assert changed([kept], [told("a", 2.0, 9)]) == []
    assert [event.revision for event in changed([kept], [told("a", 2.0, 11)])] == [5]


def test_what_is_sent_anew_but_asks_the_same_is_no_change() -> None:
    assert changed([told("a", 1.0, 10)], [told("a", 1.0, 11)]) == []


def test_what_is_over_is_not_cancelled_and_what_comes_back_stands_again() -> None:
    kept = told("a", 1.0, 0)
    assert cancelled([kept], set(), NOW + timedelta(hours=1)) == []
    (gone,) = cancelled([kept], set(), NOW)
    assert gone.standing is GridEventStanding.CANCELLED
    (back,) = changed([gone], [kept])
    assert (back.standing, back.revision) == (GridEventStanding.STANDING, 2)


def test_what_had_begun_and_asks_nothing_else_was_ended_early() -> None:
    kept, half, hour = told("a", 1.0, 0), timedelta(minutes=30), timedelta(hours=1)
    shorter = replace(kept, intervals=[GridEventInterval(NOW, NOW + half, 1.0)])
    other = replace(kept, intervals=[GridEventInterval(NOW, NOW + half, 2.0)])
    assert ended_early([kept], [shorter], NOW + half) == {"a"}
    assert ended_early([kept], [shorter], NOW + half / 2) == set()  # still to end: an ordinary change
    assert ended_early([kept], [other], NOW + half) == set()
    assert ended_early([], [shorter], NOW + hour) == set()
