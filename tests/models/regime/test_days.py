"""Rows of any step become days; days with too few rows are none."""

from __future__ import annotations

import numpy as np

from models.regime.days import Day, DayMeans

HOUR_S = 3600.0


def means(day: Day | None) -> tuple[float, list[float], float]:
    assert day is not None
    return day.begin_s, day.parts.tolist(), day.driver


def test_a_daily_row_is_a_day() -> None:
    assert means(DayMeans(1).add(0.0, np.array([5.0, 4.0]), 2.0)) == (0.0, [5.0, 4.0], 2.0)


def test_hours_become_the_means_of_their_day() -> None:
    days = DayMeans(24)
    over = [days.add(hour * HOUR_S, np.array([hour, 1.0]), 1.0) for hour in range(48)]
    assert [hour for hour, day in enumerate(over) if day] == [23, 47]
    assert means(over[23]) == (0.0, [11.5, 1.0], 1.0)
    assert means(over[47]) == (86400.0, [35.5, 1.0], 1.0)


def test_a_day_with_gaps_is_over_when_the_next_begins() -> None:
    days = DayMeans(24)
    assert [days.add(hour * HOUR_S, np.ones(1), 1.0) for hour in range(16)] == [None] * 16
    assert means(days.add(30 * HOUR_S, np.array([3.0]), 1.0)) == (0.0, [1.0], 1.0)


def test_a_day_with_few_rows_is_none() -> None:
    days = DayMeans(24)
    for hour in range(6):
        days.add(hour * HOUR_S, np.ones(1), 1.0)
    assert days.add(30 * HOUR_S, np.array([3.0]), 1.0) is None
