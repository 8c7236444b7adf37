from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from facility.history.telemetry import TelemetryStore
from facility.prepare.situation import dew_points_degc, mean_dew_points_degc, read_situation
from facility.records import Finding, Quality, ReadingBatch
from facility.site_file import LoadedSite
from facility.trust.believed import BelievedTelemetry
from tests.prepare.conftest import NOW, write

SECOND = timedelta(seconds=1)
SETPOINT = "crah-1.supply_air_temperature_setpoint_degc"


def test_only_fresh_good_values_count_as_now(demo: LoadedSite, store: TelemetryStore) -> None:
    write(store, {SETPOINT: 22.0}, NOW - timedelta(minutes=10), NOW - timedelta(minutes=10) + SECOND, SECOND)
    old = {"crah-2.supply_air_temperature_setpoint_degc": 21.0}
    write(store, old, NOW - timedelta(minutes=20), NOW - timedelta(minutes=20) + SECOND, SECOND)
    situation = read_situation(demo, store, NOW)
    assert situation.value("crah-1", "supply_air_temperature_setpoint_degc") == 22.0
    assert situation.value("crah-2", "supply_air_temperature_setpoint_degc") is None  # older than a planning step
    assert "crah-2.supply_air_temperature_setpoint_degc" in situation.missing


@pytest.mark.parametrize("quality", [Quality.STALE, Quality.BAD, Quality.OUT_OF_RANGE])
def test_a_newer_reading_that_is_not_good_hides_the_older_good_one(
    demo: LoadedSite, store: TelemetryStore, quality: Quality
) -> None:
    write(store, {SETPOINT: 22.0}, NOW - timedelta(minutes=2), NOW - timedelta(minutes=2) + SECOND, SECOND)
    micros = np.array([round((NOW - timedelta(minutes=1)).timestamp() * 1e6)], dtype=np.int64)
    store.append(ReadingBatch([SETPOINT], micros, np.array([np.nan]), np.array([quality], dtype=np.uint8), "test"))
    assert read_situation(demo, store, NOW).value("crah-1", "supply_air_temperature_setpoint_degc") is None


def test_the_dew_point_is_the_highest_at_the_racks_of_a_hall(demo: LoadedSite, store: TelemetryStore) -> None:
    readings = {
        "a01.inlet_temperature_degc": 22.0,
        "a01.inlet_relative_humidity_frac": 0.5,  # 11.1 degC
        "a02.inlet_temperature_degc": 25.0,
        "a02.inlet_relative_humidity_frac": 0.5,  # 13.9 degC
        "a03.inlet_temperature_degc": 30.0,  # no humidity: says nothing
    }
    write(store, readings, NOW - SECOND, NOW, SECOND)
    situation = read_situation(demo, store, NOW)
    assert dew_points_degc(demo, situation) == {"hall-1": pytest.approx(13.85, abs=0.1)}
    assert mean_dew_points_degc(demo, situation) == {"hall-1": pytest.approx(12.5, abs=0.1)}


def test_a_point_that_is_not_believed_is_not_now(demo: LoadedSite, store: TelemetryStore) -> None:
    other = "crah-2.supply_air_temperature_setpoint_degc"
    write(store, {SETPOINT: 22.0, other: 21.0}, NOW - SECOND, NOW, SECOND)
    telemetry = BelievedTelemetry(store, [Finding(SETPOINT, "jump", NOW - timedelta(hours=1), "it jumped")])
    situation = read_situation(demo, telemetry, NOW)
    assert situation.value("crah-1", "supply_air_temperature_setpoint_degc") is None
    assert situation.value("crah-2", "supply_air_temperature_setpoint_degc") == 21.0
