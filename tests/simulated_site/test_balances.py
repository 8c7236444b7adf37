"""Energy is neither made nor lost, in any part of the plant, at any step."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from tools.simulated_site import SimulatedSite
from tools.simulated_site.physics.constants import SECONDS_PER_HOUR

STEPS = 240


@pytest.mark.parametrize("dt_s", [1.0, 30.0, 60.0])
def test_hall(summer: SimulatedSite, dt_s: float) -> None:
    hall = summer.halls[0]
    before_kj, in_kj, out_kj = hall.stored_kj(), 0.0, 0.0
    for _ in range(STEPS):
        summer.step(dt_s)
        flows = hall.flows
        in_kj += dt_s * (flows.rack_kw + flows.fan_kw + flows.outdoor_kw + flows.humidifier_kw)
        out_kj += dt_s * flows.sensible_kw
    assert hall.stored_kj() - before_kj == pytest.approx(in_kj - out_kj, abs=1e-6 * in_kj)
    assert out_kj > 100.0 * dt_s * STEPS


def test_liquid_loop(summer: SimulatedSite) -> None:
    loop = summer.loops[0]
    summer.set("cdu-1", "secondary_supply_temperature_setpoint_degc", 32.0)
    before_kj, in_kj, out_kj = loop.stored_kj(), 0.0, 0.0
    for _ in range(STEPS):
        summer.step(60.0)
        in_kj += 60.0 * (float(summer.rack_load.liquid_kw.sum()) + sum(loop.state.pump_kw))
        out_kj += 60.0 * (sum(loop.state.heat_kw) + sum(pump.state.source_kw for pump in summer.heat_pumps))
    stored_kj = loop.stored_kj() - before_kj
    assert abs(stored_kj) > 1000.0
    assert stored_kj == pytest.approx(in_kj - out_kj, abs=1e-6 * in_kj)


def test_water_in_the_air_of_a_hall(summer: SimulatedSite) -> None:
    hall = summer.halls[0]
    hall.state.humidity_kgpkg = 0.016  # somebody left the door open on a thundery day
    before_kg, brought_kg, condensed_kg = hall.vapour_kg(), 0.0, 0.0
    for _ in range(STEPS):
        summer.step(15.0)
        brought_kg += 15.0 * (hall.flows.outdoor_kgps + hall.flows.steam_kgps)
        condensed_kg += 15.0 * hall.flows.condensate_kgps
    assert condensed_kg > 0.01
    assert hall.vapour_kg() - before_kg == pytest.approx(brought_kg - condensed_kg, abs=1e-6 * hall.vapour_kg())


@pytest.mark.parametrize("mode", [0, 1, 2])
def test_plant(winter: SimulatedSite, mode: int) -> None:
    plant = winter.plants[0]
    winter.set("plant-1", "economizer_mode_command", mode)
    winter.set("plant-1", "leaving_chilled_water_temperature_setpoint_degc", 12.0)
    winter.set("plant-1", "condenser_water_temperature_setpoint_degc", 10.0)
    winter.step(1800.0)
    before_kj, in_kj, out_kj = plant.stored_kj(), 0.0, 0.0
    for _ in range(STEPS):
        winter.step(60.0)
        assert plant.condenser is not None and plant.outside is not None
        pumps_kw = plant.chilled.state.total_kw + plant.condenser.state.total_kw
        machines_kw = plant.bank.compressor_kw + plant.outside.state.heater_kw
        in_kj += 60.0 * (plant.state.heat_kw + pumps_kw + machines_kw)
        out_kj += 60.0 * plant.outside.state.rejected_kw
    assert plant.sequence_state.mode == mode
    assert plant.stored_kj() - before_kj == pytest.approx(in_kj - out_kj, abs=1e-6 * in_kj)


def test_all_it_power_becomes_heat(summer: SimulatedSite) -> None:
    load = summer.rack_load
    assert load.it_kw == pytest.approx(load.liquid_kw + load.air_kw)


def test_electrical_chain(summer: SimulatedSite) -> None:
    chain = summer.metering.chain
    summer.set("battery-1", "charge_power_setpoint_kw", 50.0)
    summer.step(60.0)
    it_kw = float(summer.rack_load.it_kw.sum())
    parts_kw = (
        it_kw + summer.mechanical_kw() + 50.0 + chain.house_kw + chain.state.losses_kw + chain.state.ups_charge_kw
    )
    assert chain.state.utility_kw == pytest.approx(parts_kw)
    assert 0.03 * it_kw < chain.state.losses_kw < 0.15 * it_kw


def test_meters_count_what_flows(summer: SimulatedSite) -> None:
    before_kwh = summer.values()[("utility", "energy_kwh")]
    energy_kwh = 0.0
    for _ in range(60):
        summer.step(60.0)
        energy_kwh += summer.metering.chain.state.utility_kw * 60.0 / SECONDS_PER_HOUR
    assert summer.values()[("utility", "energy_kwh")] - before_kwh == pytest.approx(energy_kwh)


def test_battery_loses_what_its_efficiency_says(summer: SimulatedSite) -> None:
    battery = summer.batteries[0]
    before_kwh = battery.state.charge_kwh
    exchanged_kwh = 0.0
    for power_kw in (100.0, -100.0):
        summer.set("battery-1", "charge_power_setpoint_kw", power_kw)
        for _ in range(30):
            summer.step(60.0)
            exchanged_kwh += battery.state.power_kw / 60.0
    assert battery.state.charge_kwh < before_kwh
    lost_kwh = before_kwh + exchanged_kwh - battery.state.charge_kwh
    assert 0.05 * 50.0 < lost_kwh < 0.15 * 50.0


def test_deferrable_work_is_kept(winter: SimulatedSite) -> None:
    """What came in was run or waits: within a day, the day's energy."""
    winter.set("batch", "deferrable_power_command_kw", 0.0)
    work = winter.workload
    inlet_degc = np.concatenate([hall.true_inlet_degc for hall in winter.halls])
    backlog, power = ("batch", "deferrable_backlog_kwh"), ("batch", "deferrable_power_kw")
    before_kwh = work.values()[backlog]
    run_kwh = 0.0
    for minute in range(1, 24 * 60 + 1):
        work.step(60.0, winter.time + timedelta(minutes=minute), inlet_degc)
        run_kwh += work.values()[power] / 60.0
    assert work.values()[backlog] - before_kwh + run_kwh == pytest.approx(240.0, rel=0.2)
    assert run_kwh > 50.0  # late work runs whatever was commanded
