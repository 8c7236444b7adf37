"""Rows of any step become days; days with too few rows are none."""

from __future__ import annotations

from models.regime.days import Day, DayMeans

HOUR_S = 3600.0


def test_a_daily_row_is_a_day() -> None:
    assert DayMeans(1).add(0.0, 5.0, 2.0) == Day(0.0, 5.0, 2.0)


def test_hours_become_the_mean_of_their_day() -> None:
    days = DayMeans(24)
    over = [days.add(hour * HOUR_S, float(hour), 1.0) for hour in range(48)]
    assert [day for day in over if day] == [Day(0.0, 11.5, 1.0), Day(86400.0, 35.5, 1.0)]
    assert over[23] is not None


def test_a_day_with_gaps_is_over_when_the_next_begins() -> None:
    days = DayMeans(24)
    assert [days.add(hour * HOUR_S, 1.0, 1.0) for hour in range(16)] == [None] * 16
    assert days.add(30 * HOUR_S, 3.0, 1.0) == Day(0.0, 1.0, 1.0)


def test_a_day_with_few_rows_is_none() -> None:
    days = DayMeans(24)
    for hour in range(6):
        days.add(hour * HOUR_S, 1.0, 1.0)
    assert days.add(30 * HOUR_S, 3.0, 1.0) is None
