"""What was learned counts where rows lie, and fades into the level where conditions never met."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from models.component.rows import TrainingRows
from models.component.where_known import fading, level_elsewhere

FloatArray = npt.NDArray[np.float64]

SIZE, LAW_SD = 2000, 0.08


def rows(ratio: Callable[[FloatArray, FloatArray], FloatArray]) -> TrainingRows:
    """A machine that works hard only when it is warm."""
    random = np.random.default_rng(0)
    law = random.uniform(20.0, 100.0, SIZE)
    warm = 20.0 + (law - 20.0) / 8.0 + random.normal(0.0, 0.3, SIZE)
    times = pd.date_range("2026-03-01", periods=SIZE, freq="15min", tz="UTC")
    return TrainingRows(times, np.column_stack([law, warm]), law * ratio(law, warm))


def trend(features: FloatArray) -> FloatArray:
    return np.asarray(1.2 + 0.02 * (features[:, 1] - 25.0))


def test_it_counts_where_rows_lie_and_not_where_two_conditions_never_met() -> None:
    known = rows(lambda law, warm: 1.2 + 0.02 * (warm - 25.0))
    faded = fading(trend, known, LAW_SD)
    met = np.array([[30.0, 21.25], [60.0, 25.0], [90.0, 28.75]])
    np.testing.assert_allclose(faded(met), trend(met), rtol=0.005)
    never = np.array([[30.0, 28.75], [90.0, 21.25]])
    assert not known.seen.outside(never).any()
    np.testing.assert_allclose(faded(never), level_elsewhere(known, LAW_SD))


def test_above_the_law_that_was_seen_it_fades_and_nothing_jumps() -> None:
    known = rows(lambda law, warm: 1.2 + 0.02 * (warm - 25.0))
    higher = np.column_stack([np.linspace(90.0, 130.0, 401), np.full(401, 29.5)])
    ratio = fading(trend, known, LAW_SD)(higher)
    assert ratio[0] == pytest.approx(1.29, abs=0.01)
    assert ratio[-1] == pytest.approx(level_elsewhere(known, LAW_SD))
    assert np.abs(np.diff(ratio)).max() < 0.005


def test_a_condition_that_never_moved_takes_nothing_away() -> None:
    known = rows(lambda law, warm: np.full(SIZE, 1.2))
    constant = TrainingRows(known.times, np.column_stack([known.features[:, 0], np.full(SIZE, 7.0)]), known.power_kw)
    asked = np.column_stack([np.full(3, 60.0), [7.0, 7.5, 12.0]])
    np.testing.assert_allclose(
        fading(lambda features: np.full(len(features), 1.5), constant, LAW_SD)(asked), 1.5, rtol=0.01
    )


def test_a_level_counts_elsewhere_as_far_as_it_stands_out() -> None:
    alike = rows(lambda law, warm: np.full(SIZE, 1.15))
    assert level_elsewhere(alike, LAW_SD) == pytest.approx(1.15, abs=0.005)
    mixed = rows(lambda law, warm: 1.01 + 0.05 * np.sin(law / 5.0))
    assert level_elsewhere(mixed, LAW_SD) == pytest.approx(1.0, abs=0.005)
    exact = rows(lambda law, warm: np.ones(SIZE))
    assert level_elsewhere(exact, LAW_SD) == pytest.approx(1.0)


def test_what_siblings_taught_stays_where_no_row_lies() -> None:
    known = rows(lambda law, warm: np.full(SIZE, 1.3)).over(lambda features: np.full(len(features), 1.3))
    never = np.array([[90.0, 21.25]])
    assert fading(trend, known, LAW_SD)(never)[0] == pytest.approx(1.3, abs=0.001)
