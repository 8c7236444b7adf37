"""The chilled-water tank: it charges, discharges, keeps its ride-through and minds its pipes."""

from __future__ import annotations

import pytest

from tests.simulated_site.steady import SteadySite, site_of, steady_site
from tools.simulated_site.tank import SimulatedTank

CHARGE = ("tank-1", "charge_power_setpoint_kw")


@pytest.fixture(scope="module")
def charged() -> SteadySite:
    site = steady_site("liquid_ai", 20.0, 10.0, hours=0.5)
    site.set(*CHARGE, 100.0)
    site.run(300)
    return site


def test_charging_takes_what_is_asked_from_the_chillers() -> None:
    site = steady_site("liquid_ai", 20.0, 10.0, hours=1.0)
    plant = site.plants[1]
    before_kw, before_frac = plant.cooling_kw, site.values()[("tank-1", "state_of_charge_frac")]
    site.set(*CHARGE, 60.0)
    site.run(45)
    values = site.values()
    assert values[("tank-1", "charge_power_kw")] == pytest.approx(60.0, rel=0.03)
    assert plant.cooling_kw - before_kw == pytest.approx(60.0, rel=0.1)
    assert values[("tank-1", "state_of_charge_frac")] > before_frac + 0.04
    assert values[("tank-1", "tank_bottom_temperature_degc")] < values[("tank-1", "tank_top_temperature_degc")] - 3.0


def test_a_full_tank_takes_no_more(charged: SteadySite) -> None:
    values = charged.values()
    assert values[("tank-1", "state_of_charge_frac")] > 0.7
    assert values[("tank-1", "charge_power_kw")] < 60.0  # of the 100 that are asked for: it is cold to the top
    assert values[("tank-1", "tank_bottom_temperature_degc")] == pytest.approx(9.0, abs=0.4)


def test_discharging_relieves_the_chillers_down_to_the_reserve(charged: SteadySite) -> None:
    """Ten minutes of the present load stay in it, whatever is asked."""
    site, plant = charged, charged.plants[1]
    tank = plant.tank
    assert tank is not None
    site.set(*CHARGE, 0.0)
    site.run(30)
    before_kw = plant.cooling_kw
    site.set(*CHARGE, -60.0)
    site.run(30)
    assert site.values()[("tank-1", "charge_power_kw")] == pytest.approx(-60.0, rel=0.05)
    assert plant.cooling_kw < before_kw - 40.0
    assert plant.chilled_degc < 10.5
    for _ in range(600):
        site.run(1)
        if site.values()[("tank-1", "charge_power_kw")] == 0.0:
            break
    reserve_kwh = plant.state.heat_kw * 10.0 / 60.0
    left_kwh = tank.usable_kwh(plant.state.setpoint_degc + 1.0, plant.state.return_degc)
    assert 0.95 * reserve_kwh < left_kwh < 1.4 * reserve_kwh
    site.run(60)
    assert site.values()[("tank-1", "charge_power_kw")] > -5.0
    assert plant.chilled_degc == pytest.approx(9.0, abs=0.5)  # the chillers have taken over


def test_pipes_limit_the_flow() -> None:
    """5 L/s are 20.93 kW/K, whatever power is asked for."""
    nameplate = site_of("liquid_ai").plants[1].tank
    assert nameplate is not None
    tank = SimulatedTank(nameplate, 7.0, 18.0)
    assert tank.flow_kwpk(30.0, 1000.0, 8.0, 16.0) == pytest.approx(20.93)
    assert tank.flow_kwpk(30.0, 100.0, 8.0, 16.0) == pytest.approx(10.0)
    assert tank.flow_kwpk(30.0, -100.0, 8.0, 16.0) == 0.0  # nothing cold in it


def test_the_room_warms_a_tank_that_stands() -> None:
    """25 W/K: 20 K under the room it gains half a kilowatt, and stays in layers."""
    nameplate = site_of("liquid_ai").plants[1].tank
    assert nameplate is not None
    tank = SimulatedTank(nameplate, 7.0, 18.0)
    tank.state.layers_degc = [7.0] * 5 + [13.0] * 5
    before_kj = tank.stored_kj()
    for _ in range(120):
        tank.step(30.0, 0.0, 18.0, 30.0)
    assert tank.stored_kj() - before_kj == pytest.approx(0.025 * 20.0 * 3600.0, rel=0.001)
    assert tank.state.layers_degc == sorted(tank.state.layers_degc)
    assert tank.state.charge_kw == 0.0
