"""Every setpoint acts, in the right direction and by a plausible amount."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from tests.simulated_site.conftest import settled
from tools.simulated_site import SimulatedSite
from tools.simulated_site.setpoints import Key, SetpointRefusedError

CRAHS = [f"crah-{number}" for number in range(1, 9)]
CDUS = ["cdu-1", "cdu-2"]


def effect(simulation: SimulatedSite, settings: dict[Key, float], hours: float = 2.0) -> Callable[[str, str], float]:
    """Return what settings change after some hours, against the same site left alone."""
    changed = copy.deepcopy(simulation)
    for (equipment, quantity), value in settings.items():
        changed.set(equipment, quantity, value)
    after, left_alone = settled(changed, hours).values(), settled(simulation, hours).values()
    return lambda equipment, quantity: after[(equipment, quantity)] - left_alone[(equipment, quantity)]


def on_crahs(quantity: str, value: float) -> dict[Key, float]:
    return {(crah, quantity): value for crah in CRAHS}


def on_cdus(quantity: str, value: float) -> dict[Key, float]:
    return {(cdu, quantity): value for cdu in CDUS}


def test_warmer_supply_air_warms_the_racks_and_raises_server_power(summer: SimulatedSite) -> None:
    inlet_degc = summer.values()[("a05", "inlet_temperature_degc")]
    change = effect(summer, on_crahs("supply_air_temperature_setpoint_degc", 25.0))
    assert change("crah-1", "supply_air_temperature_degc") == pytest.approx(25.0 - 19.0, abs=0.8)
    assert 4.0 < change("a05", "inlet_temperature_degc") < 8.0
    assert inlet_degc + change("a05", "inlet_temperature_degc") > 24.0
    assert 0.005 < change("a05", "power_kw") / summer.values()[("a05", "power_kw")] < 0.08
    assert change("crah-1", "valve_position_frac") < 0.0


def test_slower_fans_save_by_about_the_cube_and_warm_the_racks(summer: SimulatedSite) -> None:
    before_kw = summer.values()[("crah-1", "fan_power_kw")]
    change = effect(summer, on_crahs("fan_speed_setpoint_frac", 0.5))
    after_kw = before_kw + change("crah-1", "fan_power_kw")
    assert 0.5**3 * 0.8 < after_kw / before_kw / (1.0 / 0.85) ** 3 < 0.5
    assert change("a05", "inlet_temperature_degc") > 0.05
    assert change("crah-1", "return_air_temperature_degc") > 2.0


def test_warmer_chilled_water_saves_compressor_power(summer: SimulatedSite) -> None:
    before_kw = sum(summer.values()[(chiller, "power_kw")] for chiller in ("chiller-1", "chiller-2"))
    change = effect(summer, {("plant-1", "leaving_chilled_water_temperature_setpoint_degc"): 12.0})
    assert change("plant-1", "leaving_chilled_water_temperature_degc") == pytest.approx(4.0, abs=0.6)
    saved = -(change("chiller-1", "power_kw") + change("chiller-2", "power_kw")) / before_kw
    assert 0.04 < saved < 0.30  # 1-4 % a kelvin is common; more with short lifts
    assert change("crah-1", "valve_position_frac") > 0.0


def test_colder_condenser_water_moves_power_from_compressors_to_towers(summer: SimulatedSite) -> None:
    warm = effect(summer, {("plant-1", "condenser_water_temperature_setpoint_degc"): 30.0})
    assert warm("plant-1", "entering_condenser_water_temperature_degc") > 1.0
    assert warm("chiller-1", "power_kw") > 0.5
    assert warm("tower-1", "power_kw") < 0.0


def test_one_chiller_halves_the_condenser_water(summer: SimulatedSite) -> None:
    change = effect(summer, {("plant-1", "chillers_staged_command"): 1.0})
    assert change("plant-1", "chillers_staged") == -1.0
    assert change("chiller-1", "load_frac") > 0.2
    assert change("chiller-2", "power_kw") < -5.0
    assert change("cw-pumps", "power_kw") < -8.0


def test_free_cooling_in_the_cold_stops_the_chillers(winter: SimulatedSite) -> None:
    settings = {
        ("plant-1", "economizer_mode_command"): 2.0,
        ("plant-1", "leaving_chilled_water_temperature_setpoint_degc"): 14.0,
    }
    change = effect(winter, settings)
    assert winter.values()[("weather", "outdoor_wet_bulb_degc")] < 8.0
    assert change("chiller-1", "power_kw") + change("chiller-2", "power_kw") < -15.0
    assert change("utility", "power_kw") < -10.0


def test_free_cooling_in_summer_is_refused(summer: SimulatedSite) -> None:
    change = effect(summer, {("plant-1", "economizer_mode_command"): 2.0})
    assert summer.values()[("weather", "outdoor_wet_bulb_degc")] > 12.0
    assert change("plant-1", "economizer_mode") == 0.0


def test_cdu_setpoints(summer: SimulatedSite) -> None:
    change = effect(summer, on_cdus("secondary_supply_temperature_setpoint_degc", 32.0))
    assert change("cdu-1", "secondary_supply_temperature_degc") == pytest.approx(7.0, abs=0.5)
    change = effect(summer, on_cdus("secondary_flow_setpoint_lps", 4.0))
    assert change("cdu-1", "pump_power_kw") < -1.0
    assert change("cdu-1", "secondary_return_temperature_degc") > 0.8


def test_cdu_stays_above_the_dew_point(summer: SimulatedSite) -> None:
    for (equipment, quantity), value in on_cdus("secondary_supply_temperature_setpoint_degc", 10.0).items():
        summer.set(equipment, quantity, value)
    settled(summer)
    dew_degc = summer.halls[2].state.dew_point_degc
    assert dew_degc > 8.5
    assert summer.values()[("cdu-1", "secondary_supply_temperature_degc")] > dew_degc + 1.5


def test_fewer_awake_servers_use_less_power_for_the_same_work(summer: SimulatedSite) -> None:
    before = summer.values()[("pool-air", "utilisation_frac")]
    change = effect(summer, {("pool-air", "awake_servers_command"): 240.0})
    assert change("pool-air", "awake_servers") == -48.0
    saved_kw = -change("ups-1", "output_power_kw")
    assert 48 * 0.19 * 0.9 < saved_kw < 48 * 0.25
    assert before + change("pool-air", "utilisation_frac") == pytest.approx(before * 288 / 240, rel=0.05)


def test_deferred_work_waits(winter: SimulatedSite) -> None:
    settled(winter, 2.0)  # into the hours when work comes in
    change = effect(winter, {("batch", "deferrable_power_command_kw"): 0.0}, hours=1.0)
    assert change("batch", "deferrable_backlog_kwh") > 15.0
    assert change("ups-1", "output_power_kw") < -15.0


def test_battery_shows_at_the_utility(summer: SimulatedSite) -> None:
    change = effect(summer, {("battery-1", "charge_power_setpoint_kw"): -80.0}, hours=0.2)
    assert change("utility", "power_kw") == pytest.approx(-80.0, rel=0.03)
    assert change("battery-1", "state_of_charge_frac") < -0.03


def test_racks_are_protected(summer: SimulatedSite) -> None:
    """Whatever is set, the local controls keep the servers alive."""
    for settings in (on_crahs("supply_air_temperature_setpoint_degc", 35.0), on_crahs("fan_speed_setpoint_frac", 0.2)):
        for (equipment, quantity), value in settings.items():
            summer.set(equipment, quantity, value)
    hottest_degc = 0.0
    for _ in range(12 * 60):
        summer.step(60.0)
        hottest_degc = max(hottest_degc, float(summer.halls[0].state.inlet_degc.max()))
    assert 27.0 < hottest_degc < 33.0


def test_a_short_plant_calls_a_chiller(summer: SimulatedSite) -> None:
    """Staged down to nothing in summer, the controller still keeps one chiller, and calls another when it falls short."""
    summer.set("plant-1", "chillers_staged_command", 0.0)
    settled(summer, 4.0)
    assert summer.values()[("plant-1", "chillers_staged")] >= 1.0
    assert summer.values()[("plant-1", "leaving_chilled_water_temperature_degc")] < 12.0


@pytest.mark.parametrize(
    ("equipment", "quantity", "value"),
    [
        ("crah-1", "supply_air_temperature_setpoint_degc", 99.0),
        ("crah-1", "supply_air_temperature_setpoint_degc", float("nan")),
        ("crah-1", "supply_air_temperature_degc", 20.0),
        ("nobody", "fan_speed_setpoint_frac", 0.5),
    ],
)
def test_nonsense_is_refused(summer: SimulatedSite, equipment: str, quantity: str, value: float) -> None:
    before = summer.setpoints.values()
    with pytest.raises(SetpointRefusedError):
        summer.set(equipment, quantity, value)
    assert summer.setpoints.values() == before
