"""What controllers make of a setpoint: they clamp it to what the machine bears, and follow it no faster than it may move."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.simulated_site.steady import SteadySite, steady_site
from tools.simulated_site.setpoints import SetpointRefusedError

SUPPLY, FAN = "supply_air_temperature_setpoint_degc", "fan_speed_setpoint_frac"
CHILLED = ("plant-1", "leaving_chilled_water_temperature_setpoint_degc")


@pytest.fixture
def demo() -> SteadySite:
    return steady_site("demo", 20.0, 12.0, hours=1.0)


@pytest.fixture
def cool() -> SteadySite:
    return steady_site("air_economizer", 24.0, 10.0, hours=1.0)


def test_every_setpoint_has_its_ends() -> None:
    """The ends are accepted, what lies beyond them is refused and changes nothing."""
    for name in ("demo", "air_economizer", "liquid_ai"):
        site = steady_site(name, 20.0, 12.0, hours=0.0)
        before = site.setpoints.values()
        assert len(before) > 20
        for key, accepted in site.setpoints._accepted.items():
            assert accepted.low <= before[key] <= accepted.high
            for value in (accepted.low, accepted.high):
                site.set(*key, value)
            with pytest.raises(SetpointRefusedError, match="outside"):
                site.set(*key, accepted.high + 1.0)
            with pytest.raises(SetpointRefusedError, match="outside"):
                site.set(*key, accepted.low - 1.0)
            assert site.setpoints[key] == accepted.high
            site.set(*key, before[key])


def test_supply_air_moves_a_fiftieth_of_a_kelvin_a_second_at_most(demo: SteadySite) -> None:
    state = demo.halls[0].state.crahs.machines[0]
    demo.set("crah-1", SUPPLY, 24.0)
    for step in range(1, 6):
        demo.step(30.0)
        assert state.setpoint_degc == pytest.approx(19.0 + 0.6 * step)


def test_supply_air_is_never_colder_than_the_coil_may_blow(cool: SteadySite) -> None:
    cool.set("crah-1", SUPPLY, 10.0)
    cool.run(60)
    assert cool.halls[0].state.crahs.machines[0].setpoint_degc == 16.0  # supply_air_min_degc
    assert cool.values()[("crah-1", "supply_air_temperature_degc")] > 15.5


def test_fans_take_their_time_and_keep_their_minimum(demo: SteadySite) -> None:
    fan = ("crah-1", "fan_speed_frac")
    demo.set("crah-1", FAN, 0.2)
    demo.step(30.0)
    assert demo.values()[fan] == pytest.approx(0.85 - 0.15)
    demo.run(30)
    least_frac = next(crah for crah in demo.site.crahs if crah.id == "crah-1").min_fan_speed_frac
    assert demo.values()[fan] == pytest.approx(least_frac)
    assert least_frac > 0.2


def test_chilled_water_moves_a_tenth_of_a_kelvin_a_minute_within_the_plants_range(demo: SteadySite) -> None:
    state = demo.plants[0].state
    demo.set(*CHILLED, 25.0)
    demo.run(10)
    assert state.setpoint_degc == pytest.approx(9.0)
    demo.run(120)
    assert state.setpoint_degc == 18.0  # leaving_water_max_degc
    demo.set(*CHILLED, 4.0)
    demo.run(150)
    assert state.setpoint_degc == 6.0


def test_coolant_moves_by_its_rate_and_never_under_the_dew_point(demo: SteadySite) -> None:
    loop = demo.loops[0]
    rate_k_per_h = loop.loop.rate_max_k_per_h
    for cdu in ("cdu-1", "cdu-2"):
        demo.set(cdu, "secondary_supply_temperature_setpoint_degc", 36.0)
    demo.run(6)
    assert loop.state.setpoint_degc[0] == pytest.approx(min(25.0 + 0.1 * rate_k_per_h, 36.0))
    demo.halls[2].state.humidity_kgpkg = 0.0165  # a damp day got in: dew point about 21.8 C
    demo.steady.weather(30.0, 22.0)
    for cdu in ("cdu-1", "cdu-2"):
        demo.set(cdu, "secondary_supply_temperature_setpoint_degc", 18.0)
    for _ in range(240):
        demo.step(30.0)
        floor_degc = demo.halls[2].dew_point_degc + loop.loop.dew_point_margin_k
        assert min(loop.state.setpoint_degc) >= min(floor_degc, 25.0) - 0.5


def test_a_stale_dew_point_holds_the_warmer_supply(demo: SteadySite) -> None:
    loop = demo.loops[0]
    loop.step(30.0, 150.0, demo.plants[0].supply, float("nan"))
    assert loop.state.floor_degc == pytest.approx(25.0)
    assert demo.values()[("cdu-1", "fault_status")] == 4.0


def test_facility_water_above_its_class_brings_full_flow() -> None:
    """W32: at 33 C the CDUs run their pumps to full and say so."""
    site = steady_site("liquid_ai", 22.0, 12.0, 0.8, hours=1.0)
    loop = site.loops[0]
    for _ in range(60):
        loop.step(30.0, 500.0, type(site.plants[0].supply)(33.0), 10.0)
    assert site.values()[("cdu-1", "fault_status")] == 2.0
    assert loop.state.flow_lps == pytest.approx([8.6] * 3, rel=0.02)


def test_the_economizer_keeps_its_dwell_time() -> None:
    site = steady_site("demo", 2.0, -1.0, hours=1.0)
    site.set("plant-1", "condenser_water_temperature_setpoint_degc", 8.0)
    site.run(30)
    modes = []
    for minute in range(120):
        site.set("plant-1", "economizer_mode_command", float(minute // 5 % 2))  # somebody hunts
        site.run(1)
        modes.append(site.plants[0].mode)
    changes = [index for index in range(1, len(modes)) if modes[index] != modes[index - 1]]
    assert 2 <= len(changes) <= 6
    assert min(later - earlier for earlier, later in pairwise(changes)) >= 20


def test_basins_do_not_freeze() -> None:
    """Whatever warmth they stood still with is gone after a night of hard frost: then a heater holds them."""
    site = steady_site("demo", -18.0, -20.0, 0.4, hours=0.5)
    site.set("plant-1", "condenser_water_temperature_setpoint_degc", 5.0)
    for pump in ("cw-pumps", "chw-pumps"):
        site.break_(pump)
    outside = site.plants[0].outside
    assert outside is not None
    site.run(12 * 60)
    assert outside.state.heater_kw > 5.0
    assert 3.5 < outside.state.basin_degc < 4.6
    assert site.values()[("tower-1", "power_kw")] == pytest.approx(outside.state.heater_kw / 2.0)


def test_pads_stay_dry_in_the_cold_and_when_they_are_forbidden() -> None:
    hot = steady_site("liquid_ai", 33.0, 15.0, 0.8, hours=1.0)
    pads = ("cooler-1", "adiabatic_status")
    wetted = 0.0
    for _ in range(60):
        hot.run(1)
        wetted += hot.values()[pads]
    assert wetted > 10
    for number in range(1, 5):
        hot.set(f"cooler-{number}", "adiabatic_enable_command", 0.0)
    hot.run(2)
    assert hot.values()[pads] == 0.0
    water_l = hot.water_l
    hot.run(30)
    assert hot.water_l == water_l
    cold = steady_site("liquid_ai", 8.0, 4.0, 0.9, hours=1.0)  # below adiabatic_min_outdoor_degc
    for cooler in ("cooler-1", "cooler-2", "cooler-3"):
        cold.break_(cooler)  # so that the fans of the last one run at their end
    cold.run(60)
    assert cold.values()[("cooler-4", "fan_speed_frac")] > 0.95
    assert cold.values()[pads] == 0.0
