"""How good forecasts were, by lead time: errors put in are the errors found."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from facility.signals.outlook import WET_BULB
from facility.signals.skill import COLUMNS, skill, weather_measured
from models.psychrometrics import wet_bulb_degc
from tests.closed_loop.making import START, toy_site
from tests.history.forecasting import NOW, STEP, WARMTH, forecast, open_archive
from tools.closed_loop.memory_telemetry import MemoryTelemetry

END = NOW + timedelta(days=4)
TRUTH = pd.Series(10.0, index=pd.date_range(NOW, NOW + timedelta(days=6), freq=STEP))


def test_bias_and_spread_by_lead_hour(tmp_path: Path) -> None:
    lead_h = np.arange(192) // 4
    with open_archive(tmp_path) as archive:
        for day in range(4):
            sign = 1 if day % 2 else -1  # cancels in the bias, not in the mean error
            archive.keep(
                [forecast(NOW + timedelta(days=day), np.asarray(11.0 + sign * 0.1 * lead_h, float), spread=2.0)]
            )
        found = skill(archive, WARMTH, TRUTH, NOW, END)
    assert list(found.index) == list(range(48)) and tuple(found.columns) == COLUMNS
    assert found["bias"].to_numpy() == pytest.approx(1.0)
    assert found.loc[[0, 8, 20], "mae"].tolist() == pytest.approx([1.0, 1.0, 2.0], abs=1e-5)
    assert found["width_90"].to_numpy() == pytest.approx(4.0)
    assert found.loc[[0, 20], "coverage_90"].tolist() == [1.0, 0.5]
    assert found["count"].tolist()[:2] == [16, 16]


def test_gaps_are_not_counted_and_a_future_is_not_compared(tmp_path: Path) -> None:
    measured = TRUTH.copy()
    measured.iloc[4:8] = np.nan
    with open_archive(tmp_path) as archive:
        archive.keep([forecast(NOW, np.full(192, 10.0)), forecast(END + STEP, np.full(192, 99.0))])
        found = skill(archive, WARMTH, measured, NOW, END)
    assert 1 not in found.index and found.loc[2, "count"] == 4
    assert (found["mae"] == 0).all()
    assert found["coverage_90"].isna().all(), "no interval, no coverage"


def test_an_hour_with_many_forecasts_weighs_as_any_other(tmp_path: Path) -> None:
    with open_archive(tmp_path) as archive:
        archive.keep([forecast(NOW + number * timedelta(minutes=1), np.full(4, 20.0 + number)) for number in range(30)])
        found = skill(archive, WARMTH, TRUTH, NOW, END)
    assert found.loc[0, "count"] == 4


def test_nothing_kept_gives_an_empty_table(tmp_path: Path) -> None:
    with open_archive(tmp_path) as archive:
        found = skill(archive, WARMTH, TRUTH, NOW, END)
    assert found.empty and tuple(found.columns) == COLUMNS


def test_wet_bulb_is_measured_by_temperature_and_humidity() -> None:
    toy = toy_site()
    readings = MemoryTelemetry(toy.points, toy.revision)
    for number in range(6):
        outdoors = {("weather", "outdoor_temperature_degc"): 20.0, ("weather", "outdoor_relative_humidity_frac"): 0.5}
        readings.record(START + number * timedelta(minutes=5), outdoors)
    found = weather_measured(toy, readings, WET_BULB, START, START + 3 * STEP)
    assert found is not None
    expected = float(wet_bulb_degc(np.array([20.0]), np.array([0.5]), toy.site.altitude_m)[0])
    assert found.tolist()[:2] == pytest.approx([expected, expected]) and np.isnan(found.iloc[2])
