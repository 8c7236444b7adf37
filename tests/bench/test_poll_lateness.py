"""What counts as late in the benchmark of polling: known columns, known answers."""

from __future__ import annotations

import numpy as np

from tools.bench.stored import Window, late_readings

SECOND_US = 1_000_000
WINDOW = Window(100 * SECOND_US, 140 * SECOND_US, 10 * SECOND_US)  # four intervals


def late(*points: list[float]) -> int:
    """Count for points with readings at these seconds."""
    code = [number for number, times in enumerate(points) for _ in times]
    time_us = [round(second * SECOND_US) for times in points for second in times]
    return late_readings(np.array(code, np.int64), np.array(time_us, np.int64), len(points), WINDOW)


def test_a_window_knows_how_many_readings_belong_in_it() -> None:
    assert WINDOW.intervals == 4


def test_readings_on_time_are_not_late_whatever_their_phase_and_a_little_jitter() -> None:
    assert late([101, 111, 121, 131], [109.9, 119, 130.5, 139]) == 0


def test_each_interval_without_a_reading_counts() -> None:
    assert late([101, 121, 131]) == 1
    assert late([101, 131]) == 2


def test_a_reading_later_than_half_an_interval_is_late() -> None:
    assert late([101, 111, 125.9, 131]) == 0
    assert late([101, 111, 126.1, 131]) == 1


def test_silence_at_either_end_is_seen() -> None:
    assert late([101, 111]) == 2
    assert late([121, 131]) == 1


def test_a_point_that_never_came_is_late_in_all_intervals_and_its_neighbours_are_not() -> None:
    assert late([], [101, 111, 121, 131]) == 4


def test_what_lies_outside_the_window_does_not_help() -> None:
    assert late([95, 111, 121, 131, 141]) == 0
    assert late([85, 95, 141]) == 4
