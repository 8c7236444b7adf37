from __future__ import annotations

from datetime import timedelta

import pytest

from facility.errors import NotEnoughDataError
from facility.history.telemetry import TelemetryStore
from facility.prepare.load_history import busy_servers_history, it_power_history
from facility.site_file import LoadedSite
from models.servers import ServerFans
from tests.prepare.conftest import NOW, write

FANS = ServerFans(fan_power_share_frac=0.1)
START = NOW.replace(minute=0) - timedelta(hours=2)
END = NOW.replace(minute=0)
FIVE_MIN = timedelta(minutes=5)


def racks(demo: LoadedSite) -> list[str]:
    return [rack.id for rack in demo.site.halls[0].racks]


def test_it_power_is_the_sum_of_racks_without_deferrable_work_at_the_reference_inlet(
    demo: LoadedSite, store: TelemetryStore
) -> None:
    values = {f"{rack}.power_kw": 5.0 for rack in racks(demo)}
    values |= {f"{rack}.inlet_temperature_degc": 18.0 for rack in racks(demo)}
    values["batch.deferrable_power_kw"] = 20.0
    write(store, values, START, END, FIVE_MIN)
    series = it_power_history(demo, store, demo.site.halls[0], FANS, NOW)
    assert len(series) == 8
    assert series.to_numpy() == pytest.approx(12 * 5.0 - 20.0)


def test_a_warm_inlet_is_brought_back_to_the_reference(demo: LoadedSite, store: TelemetryStore) -> None:
    values = {f"{rack}.power_kw": 5.0 for rack in racks(demo)}
    values |= {f"{rack}.inlet_temperature_degc": 27.0 for rack in racks(demo)}
    values["batch.deferrable_power_kw"] = 0.0
    write(store, values, START, END, FIVE_MIN)
    series = it_power_history(demo, store, demo.site.halls[0], FANS, NOW)
    assert series.iloc[0] == pytest.approx(60.0 / (1 + float(FANS.extra_frac(27.0))))
    assert series.iloc[0] < 60.0


def test_a_missing_rack_is_made_up_by_rating_and_too_many_are_refused(demo: LoadedSite, store: TelemetryStore) -> None:
    values = {f"{rack}.power_kw": rack_kw / 2 for rack, rack_kw in _ratings(demo).items() if rack != "a01"}
    values |= {f"{rack}.inlet_temperature_degc": 18.0 for rack in racks(demo)}
    values["batch.deferrable_power_kw"] = 0.0
    write(store, values, START, END, FIVE_MIN)
    series = it_power_history(demo, store, demo.site.halls[0], FANS, NOW)
    assert series.to_numpy() == pytest.approx(sum(_ratings(demo).values()) / 2)


def test_half_a_hall_is_no_measurement(demo: LoadedSite, store: TelemetryStore) -> None:
    values = {f"{rack}.power_kw": 5.0 for rack in racks(demo)[:6]}
    write(store, values, START, END, FIVE_MIN)
    with pytest.raises(NotEnoughDataError, match="racks of hall-1"):
        it_power_history(demo, store, demo.site.halls[0], FANS, NOW)


def test_busy_servers_are_awake_times_utilisation(demo: LoadedSite, store: TelemetryStore) -> None:
    write(store, {"pool-air.awake_servers": 400.0, "pool-air.utilisation_frac": 0.25}, START, END, FIVE_MIN)
    series = busy_servers_history(demo, store, "pool-air", NOW)
    assert series is not None and series.to_numpy() == pytest.approx(100.0)


def _ratings(demo: LoadedSite) -> dict[str, float]:
    return {rack.id: rack.rated_kw for rack in demo.site.halls[0].racks}
