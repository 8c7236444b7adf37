"""The utility is lost: the UPS carries the racks, motors stand for half a minute, generators take over, machines restart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulated_site.steady import SteadySite, steady_site


@pytest.fixture(scope="module")
def course() -> Iterator[list[dict[tuple[str, str], float]]]:
    """True values every 5 s: a minute before the loss, ten minutes of it, half an hour after."""
    site = steady_site("demo", 22.0, 14.0, hours=1.0)
    site.set("battery-1", "charge_power_setpoint_kw", -50.0)
    site.run(5)
    rows = [site.values()]
    site.break_("utility")
    for _ in range(120):
        site.step(5.0)
        rows.append(site.values())
    site.mend("utility")
    for _ in range(360):
        site.step(5.0)
        rows.append(site.values())
    yield rows


def test_racks_never_notice(course: list[dict[tuple[str, str], float]]) -> None:
    it_kw = [sum(row[(f"a{rack:02}", "power_kw")] for rack in range(1, 13)) for row in course[:60]]
    assert min(it_kw) > 0.97 * it_kw[0]
    assert course[5][("ups-1", "output_power_kw")] == pytest.approx(course[0][("ups-1", "output_power_kw")], rel=0.02)


def test_the_ups_says_so(course: list[dict[tuple[str, str], float]]) -> None:
    source, charge = ("ups-1", "output_source"), ("ups-1", "state_of_charge_frac")
    assert course[0][source] == 3.0
    assert course[3][source] == 5.0
    assert course[8][source] == 3.0  # on generator power
    assert course[6][charge] < course[0][charge] == 1.0
    assert course[40][charge] > course[8][charge]
    assert course[3][("ups-1", "input_power_kw")] == pytest.approx(0.0, abs=20.0)


def test_the_meter_sees_nothing_and_says_why(course: list[dict[tuple[str, str], float]]) -> None:
    for row in course[1:120]:
        assert row[("utility", "power_kw")] == 0.0
        assert row[("utility", "utility_status")] == 1.0
    assert [row[("utility", "generator_status")] for row in course[1:9]] == [0.0] * 6 + [1.0] * 2
    assert course[121][("utility", "utility_status")] == 0.0
    assert course[121][("utility", "power_kw")] > 300.0
    counted = [row[("utility", "energy_kwh")] for row in course]
    assert counted[120] == counted[1]


def test_motors_stand_until_the_generators_run(course: list[dict[tuple[str, str], float]]) -> None:
    during = course[5]
    for machine in ("chiller-1", "chiller-2", "tower-1", "tower-2", "chw-pumps", "cw-pumps", "hp-1"):
        assert during[(machine, "power_kw")] == pytest.approx(0.0, abs=0.01), machine
    assert during[("crah-1", "on_status")] == 0.0
    assert during[("crah-1", "fan_speed_frac")] < 0.1
    assert during[("cdu-1", "pump_power_kw")] > 1.0  # hangs on the UPS
    assert course[30][("crah-1", "fan_speed_frac")] > 0.4
    assert course[10][("chw-pumps", "power_kw")] > 0.0


def test_chillers_wait_their_restart_delay(course: list[dict[tuple[str, str], float]]) -> None:
    on = [row[("chiller-1", "on_status")] + row[("chiller-2", "on_status")] for row in course]
    first = next(index for index in range(2, len(on)) if on[index] > 0.0)
    assert 5.0 <= first * 5.0 / 60.0 <= 16.0
    assert course[-1][("plant-1", "leaving_chilled_water_temperature_degc")] < 10.0


def test_nothing_feeds_a_dead_grid(course: list[dict[tuple[str, str], float]]) -> None:
    assert course[0][("battery-1", "charge_power_kw")] == pytest.approx(-50.0)
    assert {row[("battery-1", "charge_power_kw")] for row in course[1:120]} == {0.0}
    assert course[130][("battery-1", "charge_power_kw")] == pytest.approx(-50.0)


def test_racks_stay_alive(course: list[dict[tuple[str, str], float]]) -> None:
    hottest = max(row[("a05", "inlet_temperature_degc")] for row in course)
    assert course[0][("a05", "inlet_temperature_degc")] + 1.0 < hottest < 37.0


def test_a_photovoltaic_array_stops_too_and_remembers_it() -> None:
    """The state file of a site that was stopped without the utility brings it back as it was."""
    site = steady_site("air_economizer", 22.0, 10.0, hours=6.0)  # morning in Oregon
    for _ in range(12 * 12):
        if site.values()[("pv-1", "power_kw")] > 20.0:
            break
        site.run(5)
    assert site.values()[("pv-1", "power_kw")] > 20.0
    site.break_("utility")
    site.step(5.0)
    assert site.values()[("pv-1", "power_kw")] == 0.0
    again = SteadySite(site.site, 5, site.time, surroundings=site.steady, operators=False)
    again.recall(site.memory())
    again.step(5.0)
    assert again.values()[("pv-1", "power_kw")] == 0.0
    again.mend("utility")
    again.step(5.0)
    assert again.values()[("pv-1", "power_kw")] > 20.0
