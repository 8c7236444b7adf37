"""Pumps, towers, dry coolers, CDUs and heat pumps that fail, and what carries on without them."""

from __future__ import annotations

import pytest

from tests.simulated_site.steady import STEP_S, SteadySite, steady_site
from tools.simulated_site.truth import truth_of


def hottest_degc(site: SteadySite) -> float:
    return max(float(hall.true_inlet_degc.max()) for hall in site.halls)


def test_without_chilled_water_pumps_coils_and_cdus_get_nothing() -> None:
    site = steady_site("demo", 22.0, 14.0, hours=1.0)
    before_degc, supply_degc = hottest_degc(site), site.loops[0].supply_degc.max()
    site.break_("chw-pumps")
    site.run(2)
    values = site.values()
    assert values[("plant-1", "chilled_water_flow_lps")] == 0.0
    assert values[("chw-pumps", "power_kw")] == 0.0
    assert sum(one.coil_kw for hall in site.halls for one in hall.state.crahs.machines) < 1.0
    assert sum(site.loops[0].state.heat_kw) < 1.0
    site.run(6)
    assert hottest_degc(site) > before_degc + 5.0
    assert site.loops[0].supply_degc.max() > supply_degc + 3.0
    assert truth_of(site).units_available_kw["plant-1/chilled_water_pumps"] == []
    site.mend("chw-pumps")
    site.run(40)
    assert hottest_degc(site) < before_degc + 0.5


def test_pumps_that_are_short_share_out_what_they_move() -> None:
    """With every valve open the demo's pumps reach their end, and nobody gets more than they move."""
    site = steady_site("demo", 28.0, 20.0, 0.95, hours=1.0)
    site.set("plant-1", "leaving_chilled_water_temperature_setpoint_degc", 18.0)
    for crah in site.site.crahs:
        site.set(crah.id, "supply_air_temperature_setpoint_degc", 17.0)
    for cdu in ("cdu-1", "cdu-2"):
        site.set(cdu, "secondary_supply_temperature_setpoint_degc", 18.0)
    site.run(90)
    plant = site.plants[0]
    asked_kwpk, _ = site.flow.demand_on("plant-1")
    assert plant.state.delivered_frac < 1.0
    assert plant.state.delivered_frac * asked_kwpk == pytest.approx(plant.state.chilled_kwpk, rel=0.01)
    assert plant.state.chilled_kwpk <= 1.001 * plant.chilled.rated_kwpk * 1.2


def test_a_tower_that_fails_leaves_the_other_to_carry_on() -> None:
    site = steady_site("demo", 25.0, 17.0, 0.7, hours=2.0)
    before = site.values()
    site.break_("tower-1")
    site.run(60)
    values = site.values()
    entering = ("plant-1", "entering_condenser_water_temperature_degc")
    assert before[entering] < values[entering] < before[entering] + 2.0
    assert values[("tower-1", "fault_status")] == 1.0
    assert values[("tower-1", "fan_speed_frac")] == values[("tower-1", "power_kw")] == 0.0
    assert values[("tower-2", "fan_speed_frac")] > 1.5 * before[("tower-2", "fan_speed_frac")]
    assert values[("plant-1", "leaving_chilled_water_temperature_degc")] == pytest.approx(8.0, abs=0.3)
    assert len(truth_of(site).units_available_kw["plant-1/towers"]) == 1


def test_dry_coolers_that_fail_leave_more_to_the_trim_chillers() -> None:
    dry = {(f"cooler-{number}", "adiabatic_enable_command"): 0.0 for number in range(1, 5)}
    site = steady_site("liquid_ai", 22.0, 12.0, 0.8, hours=2.0, settings=dry)
    before_kw = site.plants[0].cooling_kw
    site.break_("cooler-1")
    site.break_("cooler-2")
    site.run(90)
    values = site.values()
    assert values[("cooler-1", "power_kw")] == 0.0
    assert values[("cooler-3", "fan_speed_frac")] == pytest.approx(1.0)
    assert site.plants[0].cooling_kw > before_kw + 20.0
    assert site.loops[0].supply_degc.max() < 30.0
    assert len(truth_of(site).units_available_kw["plant-warm/dry_coolers"]) == 2


def test_a_cdu_that_fails_hands_its_flow_to_the_others() -> None:
    site = steady_site("demo", 20.0, 12.0, hours=1.0)
    flow_lps = sum(site.loops[0].state.flow_lps)
    site.break_("cdu-1")
    site.run(15)
    values = site.values()
    assert values[("cdu-1", "secondary_flow_lps")] < 0.01
    assert values[("cdu-1", "fault_status")] == 1.0
    assert values[("cdu-2", "secondary_flow_lps")] > 6.9  # its full flow
    assert sum(site.loops[0].state.flow_lps) < flow_lps
    assert values[("cdu-2", "secondary_supply_temperature_degc")] == pytest.approx(25.0, abs=0.5)
    assert site.rack_load.throttled_frac.max() == 0.0


def test_without_coolant_the_racks_drop_their_work() -> None:
    site = steady_site("demo", 20.0, 12.0, 0.8, hours=1.0)
    done_h, it_kw = site.workload.state.done_server_h, site.metering.it_kw
    for cdu in ("cdu-1", "cdu-2"):
        site.break_(cdu)
    site.run(10)
    asked_h = 0.8 * (288 + 192 + 64) * 10.0 / 60.0
    assert site.workload.state.done_server_h - done_h < asked_h - 0.75 * 0.8 * 64 * 10.0 / 60.0
    assert site.metering.it_kw < it_kw - 100.0
    assert site.values()[("cdu-1", "fault_status")] == 1.0


def test_a_heat_pump_that_trips_stops_at_once() -> None:
    site = steady_site("demo", 15.0, 8.0, hours=1.0)
    assert site.heat_pumps[0].state.heat_kw > 50.0
    site.break_("hp-1")
    site.step(STEP_S)
    values = site.values()
    assert values[("hp-1", "heat_output_kw")] == values[("hp-1", "power_kw")] == values[("hp-1", "on_status")] == 0.0
    assert values[("hp-1", "fault_status")] == 1.0
    site.mend("hp-1")
    site.run(60)
    assert site.heat_pumps[0].state.heat_kw > 50.0


def test_a_condenser_pump_that_fails_costs_the_chillers() -> None:
    site = steady_site("demo", 22.0, 14.0, hours=1.0)
    site.break_("cw-pumps")
    site.run(5)
    assert site.values()[("plant-1", "chillers_staged")] == 0.0
    assert site.values()[("chiller-1", "fault_status")] == 4.0
    site.mend("cw-pumps")
    site.run(45)
    assert site.plants[0].chilled_degc == pytest.approx(8.0, abs=0.5)


def test_a_chiller_that_trips_is_replaced() -> None:
    site = steady_site("demo", 24.0, 16.0, hours=1.0)
    site.set("plant-1", "chillers_staged_command", 1.0)
    site.run(30)
    running, idle = (
        ("chiller-1", "chiller-2") if site.values()[("chiller-1", "on_status")] else ("chiller-2", "chiller-1")
    )
    assert site.values()[(idle, "on_status")] == 0.0
    site.break_(running)
    site.run(20)
    values = site.values()
    assert values[(running, "on_status")] == 0.0
    assert values[(running, "fault_status")] == 1.0
    assert values[(idle, "on_status")] == 1.0
    assert values[("plant-1", "leaving_chilled_water_temperature_degc")] < 9.0
