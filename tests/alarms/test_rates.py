"""The figures of the alarm system against counting one by one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.alarms.alarm import Alarm, Priority, Said
from facility.alarms.machine import acknowledge, observed, shelve
from facility.alarms.rates import TEN_MINUTES, Annunciation, Rates, floods, rates

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def at(second: float) -> datetime:
    return NOW - DAY + timedelta(seconds=second)


def of(seconds: Sequence[float], alarm: str = "a:1", priority: Priority = Priority.LOW) -> list[Annunciation]:
    return [Annunciation(at(second), alarm, priority) for second in seconds]


def figures(annunciated: Sequence[Annunciation], alarms: Sequence[Alarm] = ()) -> Rates:
    return rates(annunciated, alarms, NOW - DAY, NOW)


def slowly(times: Sequence[datetime]) -> list[tuple[datetime, int]]:
    """Return starts and sizes of floods by looking at every second."""
    found: list[tuple[datetime, int]] = []
    begun: datetime | None = None
    moment = times[0]
    while moment <= times[-1] + TEN_MINUTES:
        behind = [time for time in times if moment - TEN_MINUTES < time <= moment]
        if begun is None and len(behind) > 10:
            begun = behind[0]
        if begun is not None and len(behind) < 5:
            found.append((begun, sum(begun <= time < moment for time in times)))
            begun = None
        moment += timedelta(seconds=1)
    return found


@given(st.lists(st.integers(1, 240), min_size=1, max_size=60))
def test_floods_are_those_that_a_look_every_second_finds(gaps: list[int]) -> None:
    seconds = [sum(gaps[: index + 1]) for index in range(len(gaps))]
    times = [at(second) for second in seconds]
    assert [(flood.start, flood.alarms) for flood in floods(times, NOW)] == slowly(times)


def test_ten_in_ten_minutes_are_no_flood_and_eleven_are() -> None:
    assert figures(of(range(0, 500, 50))).floods == ()
    (flood,) = figures(of(range(0, 550, 50))).floods
    assert (flood.start, flood.alarms) == (at(0), 11)
    assert flood.end == at(300) + TEN_MINUTES  # then the ten minutes behind have only the last four


def test_a_flood_that_goes_on_ends_now_for_the_time_being() -> None:
    last_minute = [86400 - 55 + 5 * index for index in range(11)]
    (flood,) = figures(of(last_minute)).floods
    assert (flood.end, flood.alarms) == (NOW, 11)


def test_rates_shares_and_the_top_ten() -> None:
    high = of([10], "h:1", Priority.HIGH)
    medium = of([20, 4000, 8000], "m:1", Priority.MEDIUM)
    low = [one for index in range(16) for one in of([30 + 5000 * index], f"l:{index}")]
    found = figures(sorted((*high, *medium, *low), key=lambda one: one.at))
    assert found.number == 20
    assert found.mean_per_day == pytest.approx(20.0)
    assert found.mean_per_ten_minutes == pytest.approx(20 / 144)
    assert found.share == {Priority.HIGH: 0.05, Priority.MEDIUM: 0.15, Priority.LOW: 0.80}
    assert found.top[0] == ("m:1", 3)
    assert len(found.top) == 10
    assert found.top_frac == pytest.approx(12 / 20)
    assert found.most_in_ten_minutes == 3
    assert found.last_ten_minutes == 0


def test_three_within_a_minute_chatter() -> None:
    found = figures(sorted((*of([0, 30, 60], "fast:1"), *of([0, 31, 61], "slow:1")), key=lambda one: one.at))
    assert found.chattering == ("fast:1",)


def test_what_stands_for_more_than_a_day_is_stale_unless_somebody_put_it_aside() -> None:
    old = NOW - DAY - timedelta(seconds=1)
    fresh = Alarm("a:1", "one", "hall_humid", Priority.MEDIUM)
    raised = observed(fresh, True, "", None, old)
    said = Said("R. Weber", "why", old)
    seen = acknowledge(raised, said)
    away = shelve(raised, Said("R. Weber", "why", old, old + timedelta(hours=24)))
    young = observed(fresh, True, "", None, NOW - DAY)
    stale = [figures([], [alarm]).stale for alarm in (raised, seen, away, young, fresh)]
    assert stale == [("a:1",), ("a:1",), (), (), ()]


def test_no_alarms_at_all() -> None:
    found = figures([])
    assert (found.number, found.floods, found.share, found.top, found.top_frac) == (0, (), {}, (), 0.0)
