"""A departure is told from noise, its beginning is dated, and a step is told from a slope."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facility.trust.departure import departure, left_at

STEPS = 288
TIMES = pd.date_range("2026-07-01", periods=STEPS, freq="5min", tz="UTC")
LIMIT = 2.0


def course(values: np.ndarray) -> pd.Series:
    return pd.Series(values, index=TIMES[: len(values)])


def noise(seed: int, size: float) -> np.ndarray:
    return size * np.random.default_rng(seed).standard_normal(STEPS)


@given(st.integers(0, 10_000), st.floats(0.0, 3.0), st.floats(-20.0, 20.0))
def test_noise_about_any_level_is_right(seed: int, size: float, level: float) -> None:
    seen = departure(course(level + noise(seed, size)), LIMIT)
    assert seen is not None
    assert not seen.wrong
    assert abs(seen.usual - level) < 0.5 + size


@given(st.integers(0, 10_000), st.integers(150, 260), st.sampled_from([-1.0, 1.0]), st.floats(2.6, 30.0))
def test_a_step_is_dated_and_sudden(seed: int, at: int, side: float, height: float) -> None:
    values = noise(seed, 0.15)
    values[at:] += side * height
    seen = departure(course(values), LIMIT)
    assert seen is not None
    assert seen.wrong and seen.sudden
    assert abs((seen.since - TIMES[at]).total_seconds()) <= 600
    assert seen.amount == pytest.approx(side * height, abs=0.3)


@given(st.integers(0, 10_000), st.integers(150, 220), st.sampled_from([-1.0, 1.0]), st.floats(0.6, 4.0))
def test_a_slope_is_dated_and_not_sudden(seed: int, at: int, side: float, per_h: float) -> None:
    values = noise(seed, 0.1)
    values[at:] += side * per_h * np.arange(STEPS - at) / 12.0
    seen = departure(course(values), LIMIT)
    assert seen is not None
    assert seen.wrong and not seen.sudden
    late_h = (seen.since - TIMES[at]).total_seconds() / 3600.0
    assert -0.5 <= late_h <= 0.5 * LIMIT / per_h + 0.5


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(150, 230))
def test_an_excursion_that_is_over_is_right_again(seed: int, at: int) -> None:
    values = noise(seed, 0.1)
    values[at : at + 24] += 8.0
    seen = departure(course(values), LIMIT)
    assert seen is not None
    assert seen.right and not seen.wrong


def test_there_is_a_band_in_which_nothing_changes() -> None:
    values = np.zeros(STEPS)
    values[200:] = 0.75 * LIMIT
    seen = departure(course(values), LIMIT)
    assert seen is not None
    assert not seen.wrong and not seen.right


def test_too_little_or_too_old_is_not_judged() -> None:
    assert departure(course(np.zeros(60)), LIMIT) is None
    silent = np.zeros(STEPS)
    silent[-20:] = np.nan
    assert departure(course(silent), LIMIT) is None
    gaps = np.zeros(STEPS)
    gaps[::2] = np.nan
    assert departure(course(gaps), LIMIT) is not None


@given(st.lists(st.floats(-1.0, 0.9), max_size=50), st.integers(1, 30))
def test_the_beginning_is_after_the_last_rest(before: list[float], length: int) -> None:
    away = np.array([*before, *([2.0] * length)])
    began = left_at(away, 1.0)
    assert len(before) <= began <= len(before) + 1 or (not before and began == 0)
