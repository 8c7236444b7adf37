from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from facility.history.telemetry import TelemetryStore
from facility.plan.inputs import TankNow
from facility.prepare.heat_now import heat_demand_kw, heat_pumps_now, tanks_now
from facility.prepare.held_machines import HeldMachines
from facility.prepare.situation import Situation, read_situation
from facility.site import ChilledWaterTank
from facility.site_file import LoadedSite
from tests.prepare.conftest import NOW, write

MINUTE = timedelta(minutes=1)
START = NOW.replace(minute=0)


def with_tank(demo: LoadedSite) -> LoadedSite:
    tank = ChilledWaterTank(id="tank-1", volume_m3=40.0, max_flow_lps=5.0)
    plant = demo.site.plants[0].model_copy(update={"tank": tank})
    return replace(demo, site=demo.site.model_copy(update={"plants": (plant,)}))


def held(demo: LoadedSite, store: TelemetryStore) -> HeldMachines:
    return HeldMachines(demo, store, NOW, START, 96)


@pytest.mark.parametrize(
    ("charge_frac", "top_degc", "bottom_degc", "found"),
    [
        (0.0, 18.0, 18.0, TankNow(0.0, 10.0)),
        (0.5, 18.0, 8.0, TankNow(0.6, 8.0)),  # half way from 18 to 6, the range of the plant, is 12
        (0.8, 9.0, 8.5, TankNow(1.0, 8.5)),
        (0.2, 16.0, 15.6, TankNow(0.0, 10.0)),  # no layers, and warmer than the supply
        (0.4, None, None, TankNow(0.4, 10.0)),
    ],
)
def test_a_tank_is_as_cold_as_its_lower_layers(
    demo: LoadedSite, charge_frac: float, top_degc: float | None, bottom_degc: float | None, found: TankNow
) -> None:
    measured = {
        "plant-1.leaving_chilled_water_temperature_setpoint_degc": 10.0,
        "tank-1.state_of_charge_frac": charge_frac,
        "tank-1.tank_top_temperature_degc": top_degc,
        "tank-1.tank_bottom_temperature_degc": bottom_degc,
    }
    loaded = with_tank(demo)
    known = {key: value for key, value in measured.items() if value is not None}
    now = tanks_now(loaded, Situation(NOW, known, (), None))["tank-1"]
    assert (now.cold_frac, now.cold_degc) == pytest.approx((found.cold_frac, found.cold_degc))


def test_a_heat_pump_runs_since_its_last_start(demo: LoadedSite, store: TelemetryStore) -> None:
    def status(time: datetime) -> float:
        return float(time >= NOW - 12 * MINUTE)

    write(store, {"hp-1.on_status": status}, NOW - 60 * MINUTE, NOW, MINUTE)
    now = heat_pumps_now(demo, store, read_situation(demo, store, NOW))["hp-1"]
    assert now.running
    assert now.held_min == pytest.approx(13.0, abs=1.5)


def test_a_heat_pump_that_is_not_measured_is_not_planned(demo: LoadedSite, store: TelemetryStore) -> None:
    assert heat_pumps_now(demo, store, read_situation(demo, store, NOW)) == {}


def test_demand_goes_on_as_a_day_before_and_else_as_the_site_file_says(demo: LoadedSite, store: TelemetryStore) -> None:
    assert heat_demand_kw(held(demo, store))["district-heat"] == pytest.approx(np.full(96, 75.0))

    def asked(time: datetime) -> float:
        return 60.0 if time.hour < 6 else 20.0

    write(store, {"district-heat.heat_demand_kw": asked}, NOW - timedelta(days=1, minutes=10), NOW, 5 * MINUTE)
    demand = heat_demand_kw(held(demo, store))["district-heat"]
    hours = (START.hour + np.arange(96) * 0.25) % 24
    assert demand == pytest.approx(np.where(hours < 6, 60.0, 20.0))


def test_demand_of_a_file_comes_from_it(demo: LoadedSite, store: TelemetryStore, tmp_path: Path) -> None:
    (tmp_path / "demand.csv").write_text(
        f"time,heat_kw\n{START.isoformat()},33\n{(START + timedelta(days=2)).isoformat()},0\n"
    )
    contract = demo.site.heat_contracts[0].model_copy(update={"demand_file": Path("demand.csv"), "demand_kw": 0.0})
    site = demo.site.model_copy(update={"heat_contracts": (contract,)})
    loaded = replace(demo, site=site, path=tmp_path / "site.yaml")
    assert heat_demand_kw(held(loaded, store))["district-heat"] == pytest.approx(np.full(96, 33.0))


def test_what_a_plan_moves_is_no_held_machine(demo: LoadedSite, store: TelemetryStore) -> None:
    write(store, {"hp-1.power_kw": 20.0}, NOW - 30 * MINUTE, NOW, MINUTE)
    moved = HeldMachines(demo, store, NOW, START, 96, frozenset({"hp-1"}))
    assert held(demo, store).drawn_kw()[0] == pytest.approx(20.0)
    assert moved.drawn_kw().max() == 0.0
