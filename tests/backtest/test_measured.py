"""What was done, by step: gaps are filled, counted, and too many of them refused."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from facility.backtest.measured import Measured
from facility.errors import NotEnoughDataError
from tests.closed_loop.making import START, toy_site
from tools.closed_loop.memory_telemetry import MemoryTelemetry

WATER, MODE = "plant-1.leaving_chilled_water_temperature_setpoint_degc", "plant-1.economizer_mode"
MINUTES_5 = timedelta(minutes=5)


def measured(silent: range = range(0)) -> Measured:
    """Return a day in which water is 10 degC, then 12 from noon on, and the mode changes at 12:10; steps may be silent."""
    toy = toy_site()
    readings = MemoryTelemetry(toy.points, toy.revision)
    for number in range(288):
        water = float("nan") if number // 3 in silent else (10.0 if number < 144 else 12.0)
        now = {("plant-1", WATER.split(".")[1]): water, ("plant-1", "economizer_mode"): 0.0 if number < 146 else 2.0}
        readings.record(START + number * MINUTES_5, now)
    return Measured(toy, readings, START, START + timedelta(days=1))


def test_means_and_last_states_by_step() -> None:
    found = measured()
    np.testing.assert_array_equal(found.mean(WATER), [10.0] * 48 + [12.0] * 48)
    np.testing.assert_array_equal(found.state(MODE), [0.0] * 48 + [2.0] * 48)
    assert found.known.all()


def test_a_gap_takes_the_value_before_and_is_not_known() -> None:
    found = measured(silent=range(46, 60))
    np.testing.assert_array_equal(found.mean(WATER), [10.0] * 60 + [12.0] * 36)
    assert list(np.flatnonzero(~found.known)) == list(range(46, 60))


def test_a_gap_at_the_begin_takes_the_value_after() -> None:
    found = measured(silent=range(4))
    assert (found.mean(WATER)[:4] == 10.0).all()


def test_gaps_that_leave_too_few_whole_steps_are_refused() -> None:
    found = measured(silent=range(20))
    found.mean(WATER)
    half = pd.Series(1.0, index=found.steps).where(np.arange(96) < 75)
    found.course("the meter", half)
    third = pd.Series(1.0, index=found.steps).where((np.arange(96) < 40) | (np.arange(96) > 60))
    with pytest.raises(NotEnoughDataError, match="50% of the steps measured in full; with the weather they are fewer"):
        found.course("the weather", third)


def test_what_is_hardly_measured_is_refused_by_name() -> None:
    with pytest.raises(NotEnoughDataError, match=rf"{WATER} in 75% of the steps; it was measured in 58%"):
        measured(silent=range(40)).mean(WATER)
    with pytest.raises(
        NotEnoughDataError, match=r"plant-9\.economizer_mode in 75% of the steps; it was measured in 0%"
    ):
        measured().state("plant-9.economizer_mode")
