"""Windows of the past: the same errors as foretelling each of them from the rows before it, and scales that they widen."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.savings.past_windows import LEARNED_FROM, PastWindows

ROWS, LENGTH = 120, 12


def remembering(memory_h: float) -> NDArray[np.float64]:
    """Return the covariance of hours that remember, with some noise."""
    time_h = np.arange(ROWS, dtype=float)
    return np.asarray(np.exp(-np.abs(time_h[:, None] - time_h) / memory_h) + 0.1 * np.eye(ROWS))


def scale(windows: PastWindows, believed: NDArray[np.float64], power: NDArray[np.float64]) -> float:
    factor = np.asarray(np.linalg.cholesky(believed), dtype=float)
    return windows.scale(factor, np.linalg.solve(factor, power))


def foretold(covariance: NDArray[np.float64], power: NDArray[np.float64], first: int) -> float:
    """Return the square of a window's error over its variance, by conditioning on the rows before and on nothing else."""
    past, own = slice(0, first), slice(first, first + LENGTH)
    weights = np.linalg.solve(covariance[past, past], covariance[past, own])
    missed = (power[own] - weights.T @ power[past]).mean()
    left = covariance[own, own] - covariance[own, past] @ weights
    return float(missed**2 / left.mean())


def test_the_factor_holds_every_window_foretold_from_the_rows_before_it() -> None:
    covariance = remembering(1.0)
    power = np.random.default_rng(1).multivariate_normal(np.zeros(ROWS), remembering(24.0))
    windows = PastWindows.like(LENGTH, ROWS)
    each = [foretold(covariance, power, first) for first in range(LEARNED_FROM, ROWS - LENGTH + 1)]
    hourly = power @ np.linalg.solve(covariance, power) / ROWS
    apart = (ROWS - LEARNED_FROM) // LENGTH
    expected = (4.0 * hourly + apart * np.mean(each)) / (4.0 + apart)
    assert expected > hourly
    assert scale(windows, covariance, power) == pytest.approx(expected)


def test_a_memory_that_was_not_believed_widens_and_a_right_one_hardly_does() -> None:
    windows, draw = PastWindows.like(LENGTH, ROWS), np.random.default_rng(2)
    courses = draw.multivariate_normal(np.zeros(ROWS), remembering(24.0), size=30)
    right, wrong = (np.mean([scale(windows, remembering(h), one) for one in courses]) for h in (24.0, 1.0))
    hourly = np.mean([one @ np.linalg.solve(remembering(1.0), one) / ROWS for one in courses])
    assert 0.9 < right < 1.4
    assert wrong > 2.0 * hourly


def test_windows_never_narrow_the_scale() -> None:
    """Errors that cancel within a window leave the scale as hours have it."""
    covariance = np.eye(ROWS)
    assert scale(PastWindows.like(LENGTH, ROWS), covariance, np.tile([1.0, -1.0], ROWS // 2)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("asked", "rows", "first", "length", "freedom"),
    [(12, 120, 48, 12, 10), (6, 120, 48, 6, 16), (300, 672, 48, 156, 8), (12, 48, 24, 6, 8), (1, 48, 24, 1, 28)],
)
def test_windows_are_as_long_as_asked_while_the_past_has_room_for_four(
    asked: int, rows: int, first: int, length: int, freedom: int
) -> None:
    windows = PastWindows.like(asked, rows)
    assert (windows.first, windows.length, windows.freedom) == (first, length, freedom)
