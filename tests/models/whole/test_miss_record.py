"""Widths from misses: what went beyond the range seen counts as such, and widens there alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from models.whole.miss_record import MissRecord, growth_beyond

FloatArray = npt.NDArray[np.float64]

ORIGINS, STEPS = 60, 40


def _misses(growth: float, far: float = 0.5) -> tuple[FloatArray, FloatArray]:
    """Return misses of size 1 inside, and hypot(1, growth far) in the third of the steps that lies beyond."""
    beyond = np.zeros((ORIGINS, STEPS))
    beyond[::3] = far
    return np.random.default_rng(1).normal(size=beyond.shape) * np.hypot(1.0, growth * beyond), beyond


def test_ninety_in_a_hundred_are_covered_inside_and_beyond() -> None:
    missed, beyond = _misses(20.0)
    record = MissRecord(missed, beyond, 20.0)
    inside, outside = record.half_width(np.zeros(STEPS)), record.half_width(np.full(STEPS, 0.5))
    assert np.mean(np.abs(missed[1::3]) <= inside) == pytest.approx(0.9, abs=0.03)
    assert np.mean(np.abs(missed[::3]) <= outside) == pytest.approx(0.9, abs=0.04)
    assert record.coverage_frac == pytest.approx(0.9, abs=0.03)


def test_growth_is_learned_where_forecasts_went_beyond() -> None:
    missed, beyond = (values.ravel() for values in _misses(40.0))
    # A third at 0.5 says 38 with a weight of 0.083; what is usual says 10 with 0.03.
    assert growth_beyond(missed, beyond) == pytest.approx(30.6, rel=0.05)


def test_growth_is_the_usual_where_nothing_went_beyond() -> None:
    assert growth_beyond(np.ones(500), np.zeros(500)) == pytest.approx(10.0)


def test_misses_that_are_smaller_beyond_do_not_narrow() -> None:
    beyond = np.repeat([0.0, 1.0], 200)
    assert growth_beyond(np.where(beyond > 0, 0.1, 1.0), beyond) == 0.0


def test_gaps_are_left_out() -> None:
    missed, beyond = _misses(20.0)
    missed[1::3, 5], beyond[1::3, 5] = np.nan, np.nan
    record = MissRecord(missed, beyond, 20.0)
    assert np.isfinite(record.half_width(np.zeros(STEPS))).all()
    assert record.known.size == missed.size - ORIGINS // 3
