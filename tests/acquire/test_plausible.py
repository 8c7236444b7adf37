from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from facility.acquire.columns import Columns
from facility.acquire.plausible import Plausibility
from facility.profile import ProfilePoint
from facility.records import Quality

POINT = ProfilePoint(
    table="input", address=0, type="int16", unit="degC", range=(-50, 100), max_change_per_min=6.0
)  # 1 K in 10 s
FREE = ProfilePoint(table="input", address=1, type="int16", unit="degC", range=(-50, 100))
GOOD, SUSPECT = Quality.GOOD, Quality.SUSPECT


def judged(samples: list[float], interval_s: float = 10.0) -> list[Quality]:
    """Judge samples at a steady pace; NaN stands for a poll without an answer."""
    plausibility = Plausibility([FREE, POINT])
    found = []
    for number, value in enumerate(samples):
        columns = Columns.stale(2)
        if not math.isnan(value):
            columns.values[:] = value
            columns.quality[:] = GOOD
        plausibility.judge(columns, number * interval_s)
        assert columns.quality[0] in (GOOD, Quality.STALE)  # no limit: never suspect
        found.append(Quality(int(columns.quality[1])))
    return found


def test_a_spike_is_suspect_and_what_follows_is_not() -> None:
    assert judged([20, 20.5, 60, 20.6, 20.4]) == [GOOD, GOOD, SUSPECT, GOOD, GOOD]


def test_a_step_that_stays_is_believed_with_the_second_sample() -> None:
    assert judged([20, 20, 30, 30.2, 30.1]) == [GOOD, GOOD, SUSPECT, GOOD, GOOD]


def test_leaping_to_and_fro_stays_suspect() -> None:
    assert judged([20, 60, -10, 90, 5]) == [GOOD, SUSPECT, SUSPECT, SUSPECT, SUSPECT]


def test_after_a_silence_a_greater_change_is_possible() -> None:
    assert judged([20, math.nan, math.nan, 22.5]) == [GOOD, Quality.STALE, Quality.STALE, GOOD]


@given(st.lists(st.floats(-0.99, 0.99), min_size=1, max_size=30))
def test_changes_within_the_limit_are_never_doubted(changes: list[float]) -> None:
    value, samples = 20.0, []
    for change in changes:
        value += change
        samples.append(value)
    assert set(judged(samples)) == {GOOD}
