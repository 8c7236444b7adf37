"""When a backtest plans: by the clock on the wall, on the days of 23 and 25 hours too."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from facility.backtest.origins import windows
from facility.errors import ConfigurationError
from facility.site import Site
from tests.closed_loop.making import toy_site

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def berlin() -> Site:
    return toy_site().site


def planning(site: Site, **changes: Any) -> Site:
    return site.model_copy(update={"planning": site.planning.model_copy(update=changes)})


@pytest.mark.parametrize(("month", "day", "hours"), [(3, 29, 23), (10, 25, 25), (6, 1, 24)])
def test_days_begin_at_the_hour_of_the_site(berlin: Site, month: int, day: int, hours: int) -> None:
    start = datetime(2026, month, day - 1 or 1, 7, 30, tzinfo=berlin.zone)
    found = windows(start, start.astimezone(UTC) + 3 * DAY, DAY, berlin)
    assert all((origin.astimezone(berlin.zone).hour, origin.tzinfo) == (7, UTC) for origin, _ in found)
    if day > 1:
        assert found[0][1] - found[0][0] == hours * HOUR
    assert all(earlier[1] == later[0] for earlier, later in itertools.pairwise(found))


def test_an_hour_that_the_clock_skips_or_shows_twice_gives_one_origin(berlin: Site) -> None:
    for month, day in ((3, 28), (10, 24)):
        start = datetime(2026, month, day, 2, 30, tzinfo=berlin.zone)
        found = windows(start, start.astimezone(UTC) + 3 * DAY, DAY, berlin)
        assert len({origin for origin, _ in found}) == len(found) >= 3
        assert all(timedelta(hours=22) < end - origin < timedelta(hours=26) for origin, end in found[:2])


def test_hours_are_hours_whatever_the_clock_shows(berlin: Site) -> None:
    start = datetime(2026, 3, 28, 20, tzinfo=berlin.zone)
    found = windows(start, start.astimezone(UTC) + DAY, 6 * HOUR, berlin)
    assert [end - origin for origin, end in found] == [6 * HOUR] * 4


def test_origins_stand_at_whole_steps_and_the_last_window_ends_with_the_span(berlin: Site) -> None:
    start = datetime(2026, 6, 1, 0, 7, 30, tzinfo=UTC)
    found = windows(start, start + timedelta(hours=30), DAY, berlin)
    assert found == [
        (datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 2, tzinfo=UTC)),
        (datetime(2026, 6, 2, tzinfo=UTC), datetime(2026, 6, 2, 6, tzinfo=UTC)),
    ]


def test_no_window_is_longer_than_a_plan(berlin: Site) -> None:
    short = planning(berlin, horizon_h=24.0)
    start = datetime(2026, 10, 25, tzinfo=berlin.zone)
    assert windows(start, start.astimezone(UTC) + DAY + HOUR, DAY, short)[0][1] == start.astimezone(UTC) + DAY


@pytest.mark.parametrize("every", [timedelta(minutes=5), timedelta(minutes=20), timedelta(days=3)])
def test_plans_too_often_or_too_rarely_are_refused(berlin: Site, every: timedelta) -> None:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    with pytest.raises(ConfigurationError, match="--every"):
        windows(start, start + DAY, every, berlin)


def test_a_span_of_less_than_a_step_is_refused(berlin: Site) -> None:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    with pytest.raises(ConfigurationError, match="--from and --to"):
        windows(start, start + timedelta(minutes=5), DAY, berlin)


def test_a_time_without_a_zone_is_refused(berlin: Site) -> None:
    naive = datetime(2026, 6, 1)  # noqa: DTZ001 (that is the point)
    with pytest.raises(ConfigurationError, match="no offset from UTC"):
        windows(naive, naive + DAY, DAY, berlin)
