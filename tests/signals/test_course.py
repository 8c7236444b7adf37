from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.signals.course import course_spread, day_course

STEP_H = 0.25
PER_DAY = 96


def sine_days(days: float, noise_k: float = 0.0) -> pd.Series:
    steps = round(days * PER_DAY)
    hours = np.arange(steps) * STEP_H
    times = pd.date_range("2026-01-01", periods=steps, freq="15min", tz="UTC")
    noise = np.random.default_rng(1).normal(0, noise_k, steps)
    return pd.Series(10 + 5 * np.sin(2 * np.pi * hours / 24) + noise, index=times)


def test_a_perfectly_daily_course_is_continued_exactly() -> None:
    series = sine_days(7)
    expected = 10 + 5 * np.sin(2 * np.pi * (7 * PER_DAY + np.arange(192)) * STEP_H / 24)
    np.testing.assert_allclose(day_course(series, 192, STEP_H), expected, atol=1e-9)


@given(st.integers(min_value=0, max_value=PER_DAY - 1))
def test_the_phase_is_right_wherever_history_ends(cut: int) -> None:
    series = sine_days(4).iloc[: 4 * PER_DAY - cut]
    hours = (len(series) + np.arange(96)) * STEP_H
    np.testing.assert_allclose(day_course(series, 96, STEP_H), 10 + 5 * np.sin(2 * np.pi * hours / 24), atol=1e-9)


def test_a_present_deviation_fades() -> None:
    series = sine_days(5)
    series.iloc[-1] += 4.0
    deviation = day_course(series, 192, STEP_H) - day_course(sine_days(5), 192, STEP_H)
    assert deviation[0] == pytest.approx(4.0, rel=0.25)
    assert abs(deviation[60]) < abs(deviation[0]) / 3


def test_under_a_day_of_history_holds_the_last_value() -> None:
    series = sine_days(0.5)
    assert (day_course(series, 10, STEP_H) == series.iloc[-1]).all()


def test_spread_needs_three_days_brackets_zero_and_never_narrows() -> None:
    assert course_spread(sine_days(2.5), 96, STEP_H) == {}
    spread = course_spread(sine_days(7, noise_k=1.0), 192, STEP_H)
    assert (spread[0.05] <= 0).all() and (spread[0.95] >= 0).all()
    assert (np.diff(spread[0.95]) >= 0).all() and (np.diff(spread[0.05]) <= 0).all()
    assert 0.5 < spread[0.95][0] < 4.0  # about 1.6 sigma of two noises
