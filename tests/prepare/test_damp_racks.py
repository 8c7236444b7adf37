"""Between two plans, supply air is held up by the dampness that is measured."""

from __future__ import annotations

import math
from datetime import timedelta

import pandas as pd
import pytest

from facility.history.telemetry import TelemetryStore
from facility.prepare.damp_racks import driest_supply_degc, hall_dew_points_degc
from facility.site_file import LoadedSite
from models.psychrometrics import relative_humidity_frac
from tests.prepare.conftest import NOW, write

STEADY = pd.Series([14.0] * 6)


def test_supply_air_is_no_colder_than_damp_racks_bear(demo: LoadedSite) -> None:
    """Inlets 1.2 K above the setpoint; at a dew point of 14, half a kelvin more foreseen, 70 % are reached at 20.1 degC."""
    hall = demo.site.halls[0]
    setpoint = pd.Series([21.0] * 12 + [20.0] * 6)
    inlets = pd.DataFrame({rack.id: setpoint + 1.2 for rack in hall.racks})
    assert driest_supply_degc(hall, setpoint, inlets, STEADY.iloc[:0]) == -math.inf
    driest = driest_supply_degc(hall, setpoint, inlets, STEADY)
    assert relative_humidity_frac(driest + 1.2, 14.5) == pytest.approx(hall.limits.relative_humidity_max_frac, abs=1e-3)
    just_written = setpoint.where(setpoint.index < 17, 24.0)  # inlets have not followed yet: that is no other rise
    assert driest_supply_degc(hall, just_written, inlets, STEADY) == pytest.approx(driest)
    dry = driest_supply_degc(hall, setpoint, inlets, STEADY - 9.0)
    assert dry == pytest.approx(hall.limits.inlet_min_degc - 1.2)


def test_a_hall_that_grows_damper_goes_on_doing_so_for_a_while(demo: LoadedSite) -> None:
    hall = demo.site.halls[0]
    setpoint = pd.Series([20.0] * 6)
    inlets = pd.DataFrame({rack.id: setpoint + 1.2 for rack in hall.racks})
    rising = pd.Series([13.5, 13.6, 13.7, 13.8, 13.9, 14.0])
    expected = driest_supply_degc(hall, setpoint, inlets, STEADY + 0.2)
    assert driest_supply_degc(hall, setpoint, inlets, rising) == pytest.approx(expected)
    falling = driest_supply_degc(hall, setpoint, inlets, rising.iloc[::-1])
    assert falling == pytest.approx(driest_supply_degc(hall, setpoint, inlets, STEADY - 0.5))


def test_the_dew_point_of_a_hall_is_the_mean_of_racks_that_tell_temperature_and_humidity(
    demo: LoadedSite, store: TelemetryStore
) -> None:
    hall, minute = demo.site.halls[0], timedelta(minutes=1)
    write(
        store, {"a01.inlet_temperature_degc": 22.0, "a02.inlet_temperature_degc": 22.0}, NOW - 30 * minute, NOW, minute
    )
    assert hall_dew_points_degc(demo, store, hall, NOW).empty
    damp, damper = (float(relative_humidity_frac(22.0, dew)) for dew in (12.0, 13.0))
    both = {"a01.inlet_relative_humidity_frac": damp, "a02.inlet_relative_humidity_frac": damper}
    write(store, both, NOW - 20 * minute, NOW, minute)
    found = hall_dew_points_degc(demo, store, hall, NOW)
    assert found.to_numpy() == pytest.approx(12.5, abs=0.02)
    assert 3 <= len(found) <= 5
