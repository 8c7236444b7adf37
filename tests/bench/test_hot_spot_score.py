"""Hot spots are counted as people would: an alarm in time, an alarm that nothing followed, one that protection met."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tools.bench.hot_spot_score import HotSpots, score_hot_spots

ROWS = 120


def counts(passed: slice, alarm: slice, protected: slice = slice(0)) -> HotSpots:
    room, alarms = np.full((ROWS, 1), 2.0), np.zeros((ROWS, 1), bool)
    room[passed], alarms[alarm] = -1.0, True
    shielded: npt.NDArray[np.bool_] = np.zeros(ROWS, bool)
    shielded[protected] = True
    return score_hot_spots(room, alarms, np.ones(ROWS, bool), shielded)


def test_an_alarm_an_hour_before_foresees() -> None:
    assert counts(slice(60, 70), slice(50, 60)) == HotSpots(1, 1, 0, 0)


def test_an_alarm_that_comes_late_does_not() -> None:
    assert counts(slice(60, 70), slice(55, 70)) == HotSpots(1, 0, 0, 0)


def test_coming_back_within_the_hour_is_the_same_hot_spot() -> None:
    assert counts(slice(60, 90, 8), slice(50, 60)) == HotSpots(1, 1, 0, 0)


def test_an_alarm_that_nothing_followed_is_false_and_counts_once() -> None:
    assert counts(slice(100, 110), slice(20, 30, 3)) == HotSpots(1, 0, 1, 0)


def test_an_alarm_that_protection_met_is_counted_apart() -> None:
    assert counts(slice(0), slice(20, 30), slice(28, 40)) == HotSpots(0, 0, 0, 1)


def test_near_the_limit_nothing_counts() -> None:
    room = np.full((ROWS, 1), 2.0)
    room[40:50] = -0.2
    alarm = np.zeros((ROWS, 1), bool)
    alarm[30:38] = True
    none = np.zeros(ROWS, bool)
    assert score_hot_spots(room, alarm, ~none, none) == HotSpots(0, 0, 0, 0)
