"""Faults of the simulated site are found at the right point and at no other, and a healthy site gives none."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from facility.trust.inspection import inspect
from tests.trust.watched import HEALTHY_FOR, JANUARY, JULY, Broken, Scaled, demo, found_at, watched
from tools.simulated_site.faults import Fault

INLET, HUMIDITY = "a05.inlet_temperature_degc", "b03.inlet_relative_humidity_frac"
SUPPLY_AIR, LEAVING_WATER = "crah-2.supply_air_temperature_degc", "plant-1.leaving_chilled_water_temperature_degc"

# Fault, hours after its beginning by which it is found (measured: half to one hour less), kind of finding.
SLOW_AND_SUDDEN = [
    (Broken(INLET, Fault.DRIFT, 0.5), 7.0, "drifting"),
    (Broken(INLET, Fault.DRIFT, -0.5), 7.0, "drifting"),
    (Broken(INLET, Fault.DRIFT), 2.0, "drifting"),
    (Broken(INLET, Fault.BIAS, 4.0), 1.5, "jump"),
    (Broken(INLET, Fault.BIAS, -4.0), 1.5, "jump"),
    (Broken(HUMIDITY, Fault.DRIFT, 0.02), 7.0, "drifting"),
    (Broken(HUMIDITY, Fault.BIAS), 1.5, "jump"),
    (Broken(SUPPLY_AIR, Fault.DRIFT, 0.5), 6.0, "drifting"),
    (Broken(SUPPLY_AIR, Fault.BIAS, 3.0), 1.5, "jump"),
    (Broken(LEAVING_WATER, Fault.DRIFT, 0.5), 6.0, "drifting"),
    (Broken("cdu-1.primary_supply_temperature_degc", Fault.DRIFT, 0.5), 6.0, "drifting"),
    (Broken("cdu-1.secondary_return_temperature_degc", Fault.DRIFT, 0.5), 6.5, "drifting"),
    (Broken("cdu-1.secondary_supply_temperature_degc", Fault.BIAS, 3.0), 1.5, "jump"),
    (Broken("a07.power_kw", Fault.BIAS, 3.0), 1.5, "jump"),
    (Broken("a07.apparent_power_kva", Fault.BIAS, 4.0), 1.5, "jump"),
]
STUCK = ["a07.power_kw", "a07.current_l1_a", "ups-1.output_power_kw", "chiller-1.power_kw", INLET, SUPPLY_AIR]


def test_faults_of_every_kind_are_told_apart() -> None:
    faults: dict[Broken | Scaled, str] = {
        Broken(INLET, Fault.BIAS, 4.0): "jump",
        Broken(HUMIDITY, Fault.DRIFT, 0.02): "drifting",
        Broken("ups-1.output_power_kw", Fault.STUCK): "stuck",
        Scaled("a07.power_kw", 10.0): "scale",
        Scaled("utility.power_kw", 0.001): "unit",
    }
    loaded, telemetry = watched(JANUARY, 34, *faults)
    findings = found_at(loaded, telemetry, JANUARY + HEALTHY_FOR + timedelta(hours=9))
    assert {finding.point: finding.kind for finding in findings} == {one.point: kind for one, kind in faults.items()}
    assert found_at(loaded, telemetry, JANUARY + HEALTHY_FOR) == ()


@pytest.mark.slow
@pytest.mark.parametrize(("broken", "hours", "kind"), SLOW_AND_SUDDEN, ids=str)
def test_a_fault_is_found_and_nothing_else(broken: Broken, hours: float, kind: str) -> None:
    loaded, telemetry = watched(JANUARY, 33, broken)
    began = JANUARY + HEALTHY_FOR
    findings = found_at(loaded, telemetry, began + timedelta(hours=hours))
    assert [(finding.point, finding.kind) for finding in findings] == [(broken.point, kind)]
    assert abs(findings[0].since - began) <= timedelta(hours=2)
    assert f"{broken.point} reads" in findings[0].evidence
    assert found_at(loaded, telemetry, began) == ()


@pytest.mark.slow
@pytest.mark.parametrize("point", STUCK)
@pytest.mark.parametrize("start", [JANUARY, JULY], ids=["January", "July"])
def test_a_stuck_sensor_is_found_once_what_moves_it_has_moved(point: str, start: datetime) -> None:
    loaded, telemetry = watched(start, 45, Broken(point, Fault.STUCK))
    began = start + HEALTHY_FOR
    findings = found_at(loaded, telemetry, began + timedelta(hours=20))
    assert [(finding.point, finding.kind) for finding in findings] == [(point, "stuck")]
    assert abs(findings[0].since - began) <= timedelta(minutes=15)
    assert "without moving" in findings[0].evidence


@pytest.mark.slow
@pytest.mark.parametrize("factor", [1e-3, 1e-2, 1e-1, 1e1, 1e2, 1e3])
@pytest.mark.parametrize(
    "point",
    ["a07.power_kw", "a07.apparent_power_kva", "utility.power_kw", "ups-1.output_power_kw", "ups-1.input_power_kw"],
)
def test_a_wrong_scale_is_found_in_every_decade(point: str, factor: float) -> None:
    """Also where the values are out of the range that the profile calls possible."""
    loaded, telemetry = watched(JULY, 30, Scaled(point, factor))
    findings = found_at(loaded, telemetry, JULY + HEALTHY_FOR + timedelta(hours=4))
    assert [finding.point for finding in findings] == [point]
    if not (factor == 1e-3 and point.startswith("a07")):  # of that a register in steps of 10 W keeps next to nothing
        assert findings[0].factor == pytest.approx(factor)
        assert findings[0].kind == ("unit" if factor in (1e-3, 1e3) else "scale")


def test_two_probes_of_a_hall_are_both_found() -> None:
    faults = Broken(INLET, Fault.BIAS, 5.0), Broken("a09.inlet_temperature_degc", Fault.BIAS, -5.0)
    loaded, telemetry = watched(JULY, 27, *faults)
    findings = found_at(loaded, telemetry, JULY + HEALTHY_FOR + timedelta(hours=2))
    assert sorted(finding.point for finding in findings) == sorted(fault.point for fault in faults)


@pytest.mark.slow
def test_a_slower_drift_shows_in_a_longer_look_back() -> None:
    slow = Broken(INLET, Fault.DRIFT, 0.06)  # 1.4 K a day
    loaded, telemetry = watched(JANUARY, 120, slow)
    at = JANUARY + timedelta(hours=120)
    assert inspect(loaded, telemetry, at).findings == ()
    findings = inspect(loaded, telemetry, at, window=timedelta(hours=120)).findings
    assert [(finding.point, finding.kind) for finding in findings] == [(slow.point, "drifting")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("start", "seed"),
    [(JANUARY, 1), (JANUARY, 3), (JULY, 2), (JULY, 5)],
    ids=["January-1", "January-3", "July-2", "July-5"],
)
def test_two_healthy_days_give_no_finding(start: datetime, seed: int) -> None:
    loaded, telemetry = watched(start, 48, seed=seed)
    for hours in range(4, 49, 2):
        assert inspect(loaded, telemetry, start + timedelta(hours=hours)).findings == ()


@pytest.mark.parametrize("start", [JANUARY, JULY], ids=["January", "July"])
def test_most_measured_points_are_seen_to_be_right(start: datetime) -> None:
    """A check that never says anything would pass the test above."""
    loaded, telemetry = watched(start, 33)
    right = {point for point, _ in inspect(loaded, telemetry, start + timedelta(hours=33)).right}
    racks = [rack.id for hall in demo().site.halls for rack in hall.racks]
    assert {f"{rack}.inlet_temperature_degc" for rack in racks} <= right
    assert {f"{rack}.power_kw" for rack in racks} <= right
    assert len(right) > 350
