"""Errors of kept forecasts by lead time: what was put in is found, of weather and of load, and what is not measured is said."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from facility.history.telemetry import TelemetryStore
from facility.learn.model_store import ModelStore
from facility.prepare.forecast_errors import ForecastErrors, forecast_errors
from facility.records import Forecast
from facility.site_file import LoadedSite
from facility.site_journal import open_forecast_archive
from facility.state import StateFolder
from tests.prepare.conftest import NOW, write

BEGIN = NOW.replace(minute=0) - timedelta(hours=8)
STEP = timedelta(minutes=15)
SPAN = timedelta(days=1)


def keep(loaded: LoadedSite, state: StateFolder, quantity: str, value: float, miss_per_h: float) -> None:
    """Keep a forecast that misses by so much more with each hour, with an interval of one to either side."""
    times = [BEGIN + number * STEP for number in range(24)]
    values = np.asarray(value + miss_per_h * (np.arange(24) // 4), np.float64)
    spread = {0.05: np.asarray(values - 1.0, np.float64), 0.95: np.asarray(values + 1.0, np.float64)}
    archive = open_forecast_archive(loaded, state)
    archive.keep([Forecast(quantity, BEGIN, times, values, "by hand", spread)])
    archive.close()


def found(loaded: LoadedSite, store: TelemetryStore, state: StateFolder) -> tuple[dict[str, ForecastErrors], list[str]]:
    archive = open_forecast_archive(loaded, state)
    errors, notes = forecast_errors(loaded, store, archive, ModelStore(state.models), at=NOW, span=SPAN)
    archive.close()
    return {one.quantity: one for one in errors}, notes


def test_errors_grow_with_the_lead_as_they_were_made_to(
    demo: LoadedSite, store: TelemetryStore, tmp_path: Path
) -> None:
    state = StateFolder(tmp_path)
    values = {
        "weather.outdoor_temperature_degc": 10.0,
        "pool-air.awake_servers": 100.0,
        "pool-air.utilisation_frac": 0.5,
    }
    write(store, values, BEGIN, NOW, timedelta(minutes=5))
    keep(demo, state, "outdoor_temperature_degc", 10.0, 0.4)
    keep(demo, state, "pool-air.busy_servers", 47.0, 0.0)
    errors, notes = found(demo, store, state)
    warmth = errors["outdoor_temperature_degc"].by_lead
    assert warmth["bias"].to_numpy() == pytest.approx(0.4 * np.arange(6))
    assert warmth["coverage_90"].tolist() == [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    assert errors["pool-air.busy_servers"].by_lead["mae"].to_numpy() == pytest.approx(3.0)
    assert errors["pool-air.busy_servers"].unit == "count"
    assert any("racks of hall-1" in note for note in notes)


def test_it_power_is_compared_as_it_is_forecast(demo: LoadedSite, store: TelemetryStore, tmp_path: Path) -> None:
    racks = [rack.id for rack in demo.site.halls[0].racks]
    values = {f"{rack}.power_kw": 5.0 for rack in racks}
    values |= {f"{rack}.inlet_temperature_degc": 18.0 for rack in racks}
    values["batch.deferrable_power_kw"] = 20.0  # may wait, and is no part of the forecast
    write(store, values, BEGIN, NOW, timedelta(minutes=5))
    state = StateFolder(tmp_path)
    keep(demo, state, "hall-1.it_power_kw", 12 * 5.0 - 20.0 + 2.0, 0.0)
    errors, _ = found(demo, store, state)
    assert errors["hall-1.it_power_kw"].by_lead["bias"].to_numpy() == pytest.approx(2.0)


def test_nothing_kept_is_no_error_at_all(demo: LoadedSite, store: TelemetryStore, tmp_path: Path) -> None:
    write(store, {"weather.outdoor_temperature_degc": 10.0}, BEGIN, NOW, timedelta(minutes=5))
    errors, _ = found(demo, store, StateFolder(tmp_path))
    assert errors["outdoor_temperature_degc"].by_lead.empty
