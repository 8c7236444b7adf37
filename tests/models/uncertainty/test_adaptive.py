"""Intervals cover what they say through drift, lopsided errors and overlap, and are narrow where errors are small."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from models.serialise import dump_model, load_model
from models.uncertainty.adaptive import new_interval
from models.uncertainty.scores import coverage_frac, interval_scores

FloatArray = npt.NDArray[np.float64]


def through(errors: FloatArray, overlap: int = 1) -> tuple[FloatArray, FloatArray]:
    """The ends in force before each error."""
    interval, ends = new_interval(0.9, overlap), np.empty((len(errors), 2))
    for row, error in enumerate(errors):
        ends[row] = interval.ends(10.0)
        interval.update(10.0, 10.0 + error)
    return ends[:, 0] - 10, ends[:, 1] - 10


def test_nine_in_ten_of_calm_errors() -> None:
    errors = np.random.default_rng(1).normal(0, 1, 3000)
    low, high = through(errors)
    assert 0.88 <= coverage_frac(errors[100:], low[100:], high[100:]) <= 0.92
    assert np.mean((high - low)[100:]) == pytest.approx(2 * 1.645, rel=0.08)


def test_nine_in_ten_while_errors_grow_and_shrink_and_narrower_than_fixed_quantiles() -> None:
    generator = np.random.default_rng(2)
    size = np.exp(1.2 * np.sin(np.arange(3000) / 200))
    errors = generator.normal(0, size)
    low, high = through(errors)
    assert 0.87 <= coverage_frac(errors[200:], low[200:], high[200:]) <= 0.93
    fixed = np.quantile(errors, [0.05, 0.95])
    ours, others = interval_scores(errors, low, high)[200:], interval_scores(errors, *fixed)[200:]
    assert ours.mean() < 0.9 * others.mean()


def test_lopsided_errors_get_a_lopsided_interval() -> None:
    errors = np.random.default_rng(3).exponential(1.0, 2000) - 1
    low, high = through(errors)
    below, above = np.mean(errors[200:] < low[200:]), np.mean(errors[200:] > high[200:])
    assert 0.02 < below < 0.08
    assert 0.03 < above < 0.08
    assert np.median(high[200:]) > 1.5 * abs(np.median(low[200:]))


def test_errors_that_overlap_are_not_taken_for_independent_ones() -> None:
    independent = np.random.default_rng(4).normal(0, 1, 6000)
    errors = np.convolve(independent, np.ones(24) / np.sqrt(24), mode="valid")
    low, high = through(errors, overlap=24)
    assert 0.87 <= coverage_frac(errors[1000:], low[1000:], high[1000:]) <= 0.93


def test_the_end_uses_nothing_of_the_row_it_is_for_and_gaps_teach_nothing() -> None:
    errors = np.random.default_rng(5).normal(0, 1, 200)
    other = np.append(errors[:-1], 99.0)
    assert np.array_equal(through(errors), through(other))
    gaps = np.insert(errors, 100, np.nan)
    assert np.array_equal(np.delete(through(gaps)[0], 100), through(errors)[0])


def test_before_any_error_nothing_is_ruled_out() -> None:
    interval = new_interval()
    assert interval.ends(5.0) == (-np.inf, np.inf)
    for _ in range(100):
        interval.update(5.0, 5.0)  # a stuck meter
    low, high = interval.ends(5.0)
    assert low <= 5.0 <= high
    assert high - low < 1e-3


def test_it_is_stored_without_pickles() -> None:
    interval = new_interval(0.8)
    for error in np.random.default_rng(6).normal(0, 1, 60):
        interval.update(0.0, error)
    assert load_model(dump_model(interval)).ends(1.0) == interval.ends(1.0)
