"""What was learned is known where rows lie, and held at the edge of that where two conditions never met."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.component.candidates import CARRIED_FRAC, STRAIGHT
from models.component.cloud import cloud_of
from models.component.ratio_table import Range, tabulate
from models.component.rehearsal import fitted
from models.component.rows import TrainingRows

FloatArray = npt.NDArray[np.float64]

SIZE, LAW_SD = 2000, 0.08
ANYWHERE = Range(np.full(3, -np.inf), np.full(3, np.inf))


def warm_at(law: FloatArray) -> FloatArray:
    return 20.0 + (law - 20.0) / 8.0


def rows(setpoint: FloatArray | None = None, by_law: float = 0.0, by_warmth: float = 0.02) -> TrainingRows:
    """A machine that works hard only when it is warm."""
    random = np.random.default_rng(0)
    law = random.uniform(20.0, 100.0, SIZE)
    warm = warm_at(law) + random.normal(0.0, 0.3, SIZE)
    setpoint = np.full(SIZE, 7.0) if setpoint is None else setpoint
    power = law * (1.2 + by_law * (law - 60.0) + by_warmth * (warm - 25.0) - 0.03 * (setpoint - 7.0))
    times = pd.date_range("2026-03-01", periods=SIZE, freq="15min", tz="UTC")
    return TrainingRows(times, np.column_stack([law, warm, setpoint]), power, ("warm_degc", "setpoint_degc"))


def test_two_conditions_that_never_met_lie_outside_and_are_held_between_them_and_the_middle() -> None:
    known = rows()
    cloud = cloud_of(known)
    met, never = np.array([[30.0, 21.25, 7.0], [90.0, 28.75, 7.0]]), np.array([[30.0, 29.5, 7.0], [90.0, 20.5, 7.0]])
    assert not known.seen.outside(np.vstack([met, never])).any()
    np.testing.assert_allclose(cloud.held(met, ANYWHERE), met)
    assert (cloud.distance(never) > 3.0).all()
    held = cloud.held(never, ANYWHERE)
    np.testing.assert_allclose(cloud.distance(held), 1.0)
    assert (np.abs(held - cloud.centre) <= np.abs(never - cloud.centre)).all()


def test_what_goes_together_is_held_together_at_the_edge_of_what_was_seen() -> None:
    """More load than was ever seen: held along one axis alone it would be load without its warmth."""
    known = rows()
    cloud, seen = cloud_of(known), known.seen
    more = np.array([[130.0, warm_at(np.array(130.0)).item(), 7.0]])
    (held,) = cloud.held(more, seen)
    assert not seen.outside(held[None]).any()
    assert held[1] == pytest.approx(warm_at(held[0]), abs=0.05)
    (of_law, of_warmth, _) = (held - cloud.centre) / np.where(more[0] == cloud.centre, 1.0, more[0] - cloud.centre)
    assert of_law == pytest.approx(of_warmth)


def test_a_trend_does_not_run_away_into_a_corner_that_nobody_saw() -> None:
    known = rows()
    learned = fitted(STRAIGHT, known, LAW_SD)
    (corner,) = learned(np.array([[95.0, 20.5, 7.0]]))  # along the trend 1.11
    assert 1.17 < corner < 1.21
    way = np.column_stack([np.full(401, 95.0), np.linspace(29.5, 15.0, 401), np.full(401, 7.0)])
    assert np.abs(np.diff(learned(way))).max() < 0.005  # nothing jumps


@pytest.mark.parametrize("at", [30.0, 60.0, 90.0])
def test_a_setpoint_tried_for_three_hours_keeps_its_effect_wholly(at: float) -> None:
    setpoint = np.full(SIZE, 7.0)
    setpoint[np.argsort(np.abs(rows().features[:, 0] - at))[:12]] = 8.0
    cloud = cloud_of(rows(setpoint))
    load = np.array([at - 5.0, at, at + 5.0])
    tried = np.column_stack([load, warm_at(load), np.full(3, 8.0)])
    np.testing.assert_allclose(cloud.held(tried, ANYWHERE), tried)


def test_a_condition_that_never_moved_takes_nothing_away() -> None:
    known = rows()
    learned = fitted(STRAIGHT, known, LAW_SD)
    table = tabulate(learned, known.seen.widened(CARRIED_FRAC))
    asked = np.column_stack([np.full(3, 90.0), np.full(3, 28.75), [7.0, 7.5, 12.0]])
    np.testing.assert_allclose(table.at(asked), 1.275, atol=0.002)


@settings(max_examples=30, deadline=None)
@given(st.floats(-0.02, 0.02), st.floats(-0.1, 0.1), st.floats(15.0, 35.0))
def test_power_rises_with_the_law_among_the_rows_and_beyond(by_law: float, by_warmth: float, warm: float) -> None:
    known = rows(by_law=by_law, by_warmth=by_warmth)
    table = tabulate(fitted(STRAIGHT, known, LAW_SD), known.seen.widened(CARRIED_FRAC))
    law = np.linspace(0.0, 160.0, 801)
    asked = np.column_stack([law, np.full(801, warm), np.full(801, 7.0)])
    assert (np.diff(table.power_kw(asked)) >= -1e-9).all()
