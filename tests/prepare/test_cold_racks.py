"""A plan asks for no air so cold that racks stand below their range, as they did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from facility.history.telemetry import TelemetryStore
from facility.learn.twin import Learned, plant_models
from facility.prepare.cold_racks import remembering_cold_racks
from facility.site_file import LoadedSite
from tests.prepare.conftest import NOW, write

FIVE_MIN, HOUR = timedelta(minutes=5), timedelta(hours=1)


def coldest_supply(
    demo: LoadedSite, store: TelemetryStore, setpoint: float | Callable[[datetime], float], below_k: float
) -> list[float]:
    """Return the coldest supply air of each hall after six hours in which one rack of the first stood so far below it."""
    hall = demo.site.halls[0]
    asked = {f"{crah.id}.supply_air_temperature_setpoint_degc": setpoint for crah in demo.site.crahs}
    racks = {f"{rack.id}.inlet_temperature_degc": 22.5 for rack in hall.racks}
    write(store, asked | racks | {"a03.inlet_temperature_degc": 22.0 - below_k}, NOW - 6 * HOUR, NOW, FIVE_MIN)
    (plant,) = remembering_cold_racks(demo, store, NOW, plant_models(demo, Learned(), NOW, {}))
    return [hall.supply_range_degc[0] for hall in plant.hall_parts]


@pytest.mark.parametrize(("below_k", "coldest"), [(-0.4, 18.0), (0.9, 19.0), (1.3, 19.5), (9.0, 21.0)])
def test_supply_air_keeps_what_the_coldest_rack_was_below_it(
    demo: LoadedSite, store: TelemetryStore, below_k: float, coldest: float
) -> None:
    assert coldest_supply(demo, store, 22.0, below_k) == [
        coldest,
        18.0,
        18.0,
    ]  # of the other halls nothing was measured


def test_racks_that_follow_a_setpoint_upwards_are_not_cold(demo: LoadedSite, store: TelemetryStore) -> None:
    raised = NOW - timedelta(minutes=40)
    found = coldest_supply(demo, store, lambda time: 20.0 if time < raised else 22.0, 1.0)
    assert found == [18.0, 18.0, 18.0]  # 21 degC, while 22 was asked for a short time ago
