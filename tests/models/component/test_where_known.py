"""What was learned counts where rows lie, and fades into the level where conditions never met."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.component.candidates import CARRIED_FRAC
from models.component.ratio_table import tabulate
from models.component.rows import TrainingRows
from models.component.where_known import fading, level_elsewhere

FloatArray = npt.NDArray[np.float64]

SIZE, LAW_SD = 2000, 0.08


def rows(ratio: Callable[[FloatArray, FloatArray], FloatArray], setpoint: FloatArray | None = None) -> TrainingRows:
    """A machine that works hard only when it is warm."""
    random = np.random.default_rng(0)
    law = random.uniform(20.0, 100.0, SIZE)
    warm = 20.0 + (law - 20.0) / 8.0 + random.normal(0.0, 0.3, SIZE)
    times = pd.date_range("2026-03-01", periods=SIZE, freq="15min", tz="UTC")
    columns = [law, warm] if setpoint is None else [law, warm, setpoint]
    return TrainingRows(times, np.column_stack(columns), law * ratio(law, warm))


def trend(features: FloatArray) -> FloatArray:
    return np.asarray(1.2 + 0.02 * (features[:, 1] - 25.0))


def warmer_takes_more() -> TrainingRows:
    return rows(lambda law, warm: 1.2 + 0.02 * (warm - 25.0))


def test_it_counts_where_rows_lie_and_not_where_two_conditions_never_met() -> None:
    known = warmer_takes_more()
    faded = fading(trend, known, LAW_SD)
    met = np.array([[30.0, 21.25], [60.0, 25.0], [90.0, 28.75]])
    np.testing.assert_allclose(faded(met), trend(met))
    never = np.array([[30.0, 29.5], [90.0, 20.5]])
    assert not known.seen.outside(never).any()
    np.testing.assert_allclose(faded(never), level_elsewhere(known, LAW_SD))


def test_nothing_jumps_on_the_way_out() -> None:
    known = warmer_takes_more()
    way = np.column_stack([np.linspace(90.0, 130.0, 401), np.linspace(28.75, 20.0, 401)])
    ratio = fading(trend, known, LAW_SD)(way)
    assert ratio[0] == pytest.approx(trend(way)[0])
    assert ratio[-1] == pytest.approx(level_elsewhere(known, LAW_SD))
    assert np.abs(np.diff(ratio)).max() < 0.005


@pytest.mark.parametrize("at", [30.0, 60.0, 90.0])
def test_a_setpoint_tried_for_three_hours_keeps_its_effect_wholly(at: float) -> None:
    """Tried at one load only: there, at a little less and at more, one kelvin changes as much as was learned."""
    setpoint = np.full(SIZE, 7.0)
    tried = np.argsort(np.abs(warmer_takes_more().features[:, 0] - at))[:12]
    setpoint[tried] = 8.0
    known = rows(lambda law, warm: np.full(SIZE, 1.2), setpoint)

    def learned(features: FloatArray) -> FloatArray:
        return np.asarray(1.2 - 0.03 * (features[:, 2] - 7.0))

    load = np.array([at - 5.0, at, at + 5.0])
    usual, lower = (np.column_stack([load, 20.0 + (load - 20.0) / 8.0, np.full(3, value)]) for value in (7.0, 8.0))
    faded = fading(learned, known, LAW_SD)
    np.testing.assert_allclose(faded(lower) - faded(usual), -0.03)


def test_a_condition_that_never_moved_takes_nothing_away() -> None:
    known = rows(lambda law, warm: np.full(SIZE, 1.2), np.full(SIZE, 7.0))
    asked = np.column_stack([np.full(3, 60.0), np.full(3, 25.0), [7.0, 7.5, 12.0]])
    np.testing.assert_allclose(fading(lambda features: np.full(len(features), 1.5), known, LAW_SD)(asked), 1.5)


@settings(max_examples=30, deadline=None)
@given(st.floats(-0.02, 0.02), st.floats(-0.1, 0.1), st.floats(15.0, 35.0))
def test_power_rises_with_the_law_among_the_rows_and_beyond(by_law: float, by_warmth: float, warm: float) -> None:
    known = warmer_takes_more()

    def ratio(features: FloatArray) -> FloatArray:
        return np.asarray(1.2 + (features - [60.0, 25.0]) @ [by_law, by_warmth])

    table = tabulate(fading(ratio, known, LAW_SD), known.seen.widened(CARRIED_FRAC))
    law = np.linspace(0.0, 160.0, 801)
    assert (np.diff(table.power_kw(np.column_stack([law, np.full(801, warm)]))) >= -1e-9).all()


def test_a_level_counts_elsewhere_as_far_as_it_stands_out() -> None:
    alike = rows(lambda law, warm: np.full(SIZE, 1.15))
    assert level_elsewhere(alike, LAW_SD) == pytest.approx(1.15, abs=0.005)
    mixed = rows(lambda law, warm: 1.01 + 0.05 * np.sin(law / 5.0))
    assert level_elsewhere(mixed, LAW_SD) == pytest.approx(1.0, abs=0.005)
    exact = rows(lambda law, warm: np.ones(SIZE))
    assert level_elsewhere(exact, LAW_SD) == pytest.approx(1.0)
