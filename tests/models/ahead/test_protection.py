"""The site's own protection in forecasts: where racks stay under its turns, and when a plan would call it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from models.ahead.innovation import Forecast
from models.ahead.protection import protected, seen_protection

FloatArray = npt.NDArray[np.float64]

STEP_S = 300.0


def turns(rows: int = 60) -> tuple[npt.NDArray[np.bool_], FloatArray]:
    """Return an hour of rest, then protection that drives in every third row: a hot rack at 29, 26 and 27, the other 4 K below."""
    clock = np.arange(rows)
    driven = (clock >= 12) & (clock % 3 == 1)
    hot = np.where(clock < 12, 26.0, np.array([29.0, 26.0, 27.0])[clock % 3])
    return driven, np.column_stack([hot, hot - 4.0])


def plan(hottest: float) -> Forecast:
    mean = np.full((60, 12, 2), hottest) - np.array([0.0, 4.0])
    return Forecast(mean, mean - 0.5, mean + 0.5)


def test_a_plan_that_calls_the_protection_is_drawn_to_where_racks_stay() -> None:
    seen = seen_protection(*turns(), STEP_S)
    mixed = seen.mixed(plan(33.0))
    assert mixed.mean[-1, -1].tolist() == pytest.approx([27.33, 23.33], abs=0.2)
    assert mixed.low[-1, -1, 0] < 26.0
    assert mixed.high[-1, -1, 0] > 29.0
    assert mixed.turning is not None
    assert mixed.turning[-1].min() > 0.99


def test_a_plan_that_stays_below_is_left_as_it_is() -> None:
    cool = plan(25.0)
    mixed = seen_protection(*turns(), STEP_S).mixed(cool)
    np.testing.assert_allclose(mixed.mean, cool.mean, atol=0.01)
    np.testing.assert_allclose(mixed.high, cool.high, atol=0.01)


def test_at_the_edge_both_are_possible() -> None:
    edge = plan(29.0)
    mixed = seen_protection(*turns(), STEP_S).mixed(edge)
    assert 0.3 < mixed.turning[-1, -1] < 0.7  # type: ignore[index]
    assert mixed.low[-1, -1, 0] < 26.5
    assert mixed.high[-1, -1, 0] > 29.2


def test_before_it_was_seen_nothing_is_assumed_of_it() -> None:
    driven, measured = turns()
    hot = plan(33.0)
    mixed = seen_protection(driven, measured, STEP_S).mixed(hot)
    np.testing.assert_array_equal(mixed.mean[:13], hot.mean[:13])
    later = measured.copy()
    later[31:] += 5.0
    again = seen_protection(driven, later, STEP_S).mixed(hot)
    np.testing.assert_array_equal(again.mean[:31], mixed.mean[:31])


def test_readings_of_its_turns_are_set_apart() -> None:
    driven, measured = turns()
    seen = seen_protection(driven, measured, STEP_S)
    assert np.isnan(seen.apart_from(measured)[13:]).all()
    np.testing.assert_array_equal(seen.apart_from(measured)[:13], measured[:13])


def test_a_crah_faster_than_asked_tells_of_it() -> None:
    rows = pd.DataFrame({"c1.airflow_m3ps": [2.0, 5.0, np.nan], "c1.airflow_setpoint_m3ps": [2.0, 2.0, 2.0]})
    assert protected(rows, ["c1"]).tolist() == [False, True, False]
