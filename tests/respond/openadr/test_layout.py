"""When intervals begin and end: durations, followers, "now", no end, random starts, an event's own duration."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from facility.respond.openadr.duration import LONGEST, read_duration
from facility.respond.openadr.entities import Event
from facility.respond.openadr.layout import REPEATED_AHEAD, UnreadableEventError, implied, lay_out

START = datetime(2026, 3, 1, tzinfo=UTC)
MADE = datetime(2026, 2, 27, 6, 30, tzinfo=UTC)
NOW = datetime(2026, 2, 28, 15, tzinfo=UTC)
BEGINNING = "0001-01-01T00:00:00"


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("PT1H", "2024-01-31T01:00:00"),
        ("PT90M", "2024-01-31T01:30:00"),
        ("PT0.5S", "2024-01-31T00:00:00.500000"),
        ("P1D", "2024-02-01T00:00:00"),
        ("P2W", "2024-02-14T00:00:00"),
        ("P1M", "2024-02-29T00:00:00"),
        ("P1Y1M1DT1H", "2025-03-01T01:00:00"),
        ("PT0S", "2024-01-31T00:00:00"),
    ],
)
def test_durations(text: str, end: str) -> None:
    start = datetime(2024, 1, 31, tzinfo=UTC)
    assert read_duration(text).after(start) == datetime.fromisoformat(end).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["P9999Y", "P11Y", "PT999999999H", "P9999999D", "P9999999W", "P999999M"])
def test_what_has_no_end_is_bounded(text: str) -> None:
    assert read_duration(text).after(START) == START + LONGEST


@pytest.mark.parametrize("text", ["", "P", "PT", "1H", "P1H", "-PT1H", "PT1H ", "P1.5D", "pt1h", "PT1S1M", "P1W1D"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        read_duration(text)


@given(st.integers(0, 40), st.integers(0, 500), st.integers(0, 5000), st.integers(0, 50_000))
def test_a_longer_duration_ends_no_sooner(years: int, months: int, days: int, minutes: int) -> None:
    shorter = read_duration(f"P{years}Y{months}M{days}DT{minutes}M").after(START)
    longer = read_duration(f"P{years}Y{months}M{days + 1}DT{minutes}M").after(START)
    assert START <= shorter <= longer <= START + LONGEST


def event(periods: list[Any], default: Any = None, **more: Any) -> Event:
    intervals = [
        {"id": 10 + number, "payloads": [], **({} if period is None else {"intervalPeriod": period})}
        for number, period in enumerate(periods)
    ]
    made = MADE.isoformat()
    body = {"id": "7", "programID": "1", "modificationDateTime": made, "intervals": intervals, **more}
    return Event.model_validate(body if default is None else {**body, "intervalPeriod": default})


def hours(found: Event, now: datetime = NOW, *, zero_is_endless: bool = False) -> list[tuple[float, float]]:
    laid = lay_out(found, now, who="dc-1", zero_is_endless=zero_is_endless)
    return [((each.start - START) / timedelta(hours=1), (each.end - START) / timedelta(hours=1)) for each in laid]


HOURLY = {"start": "2026-03-01T00:00:00Z", "duration": "PT1H"}


@pytest.mark.parametrize(
    ("periods", "default", "expected"),
    [
        ([None, None, None], HOURLY, [(0, 1), (1, 2), (2, 3)]),
        ([None, {"duration": "PT2H"}, None], HOURLY, [(0, 1), (1, 3), (3, 4)]),  # the guide, 7.4
        ([{"start": "2026-03-01T05:00:00Z"}, None], HOURLY, [(5, 6), (6, 7)]),
        ([None, {"start": "2026-03-01T05:00:00+01:00"}], HOURLY, [(0, 1), (4, 5)]),
        ([HOURLY, {"duration": "PT2H"}], None, [(0, 1), (1, 3)]),  # the guide, 8.12
        ([{"start": BEGINNING}, {"start": BEGINNING}], HOURLY, [(0, 1), (1, 2)]),
        ([HOURLY, {"start": "0000-00-00", "duration": "PT1H"}], None, [(0, 1), (1, 2)]),
        ([None], {"start": "2026-03-01T00:00:00Z"}, []),
        ([None], {"start": "0001-01-01", "duration": "PT0H"}, []),
    ],
)
def test_where_intervals_lie(periods: list[Any], default: Any, expected: list[tuple[float, float]]) -> None:
    assert hours(event(periods, default)) == expected


def test_now_is_when_it_was_sent_whenever_it_is_read() -> None:
    asked = event([None, None], {"start": BEGINNING, "duration": "PT1H"})
    first = (MADE - START) / timedelta(hours=1)
    for now in (NOW, NOW + timedelta(hours=5)):
        assert hours(asked, now) == [(first, first + 1), (first + 1, first + 2)]


def test_without_an_end_it_holds_for_ten_years() -> None:
    ((start, end),) = hours(event([None], {"start": "2026-03-01T00:00:00Z", "duration": "P9999Y"}))
    assert (start, end) == (0, LONGEST / timedelta(hours=1))
    assert hours(event([None], {"start": "2026-03-01T00:00:00Z"}), zero_is_endless=True) == [(start, end)]  # in 3.0.1


def test_a_random_start_is_within_its_range_shifts_all_and_is_the_same_again() -> None:
    default = {**HOURLY, "randomizeStart": "PT10M"}
    shifts = set()
    for name in range(40):
        found = event([None, None, {"start": "2026-03-01T05:00:00Z"}], default, id=str(name))
        starts = [start for start, _ in hours(found)]
        assert [start for start, _ in hours(found, NOW + timedelta(hours=1))] == starts
        assert abs(starts[0]) <= 10 / 60
        assert starts[1] - starts[0] == pytest.approx(1)
        assert starts[2] - starts[0] == pytest.approx(5)
        shifts.add(starts[0])
    assert len(shifts) > 30
    assert min(shifts) < -0.05
    assert max(shifts) > 0.05


def test_an_event_of_its_own_duration_is_cut() -> None:
    assert hours(event([None, None, None], HOURLY, duration="PT90M")) == [(0, 1), (1, 1.5)]


def test_an_event_that_repeats_is_laid_out_for_some_days_and_ends_when_it_says() -> None:
    day = event([None] * 24, HOURLY, duration="P9999Y")
    much_later = START + timedelta(days=100, hours=7, minutes=5)
    laid = lay_out(day, much_later, who="dc-1", zero_is_endless=False)
    assert laid[0].start == START + timedelta(days=100)
    assert (laid[0].place, laid[0].id) == (2400, 10)
    assert laid[-1].end == START + timedelta(days=100) + REPEATED_AHEAD
    assert laid == lay_out(day, much_later + timedelta(hours=9), who="dc-1", zero_is_endless=False)
    assert hours(event([None], HOURLY, duration="PT210M")) == [(0, 1), (1, 2), (2, 3), (3, 3.5)]


@pytest.mark.parametrize(
    "asked",
    [
        event([None], {"duration": "PT1H"}),
        event([None]),
        event([None], {"start": BEGINNING, "duration": "PT1H"}, modificationDateTime=None),
        event([None], {"start": "2026-03-01T00:00:00Z", "duration": "PT1S"}, duration="P1Y"),
    ],
)
def test_what_cannot_be_laid_out(asked: Event) -> None:
    with pytest.raises(UnreadableEventError):
        hours(asked)


@pytest.mark.parametrize("start", ["2026-03-01T00:00:00", "soon", "2026-13-01T00:00:00Z"])
def test_a_start_without_its_offset_is_refused(start: str) -> None:
    with pytest.raises(ValidationError):
        event([None], {"start": start, "duration": "PT1H"})


def test_intervals_that_are_only_implied() -> None:
    asked = event([], {**HOURLY, "start": "2026-02-28T10:00:00Z"})
    places = [each.place for each in implied(asked, NOW, 2)]
    assert places == [3, 4, 5, 6, 7]
    assert implied(event([], {"start": "0001-01-01", "duration": "PT0H"}), NOW, 2) == ()
