"""Sensors that stick, drift or are off, and devices that say nothing of use: what is measured goes wrong, what is true does not."""

from __future__ import annotations

import math

import pytest

from tests.simulated_site.steady import SteadySite, site_of, steady_site
from tools.simulated_site.device_points import keys_of
from tools.simulated_site.faults import Call, Fault, FaultRefusedError, Spell, machines_of

INLET = ("a05", "inlet_temperature_degc")
POINT = "a05.inlet_temperature_degc"


@pytest.fixture
def site() -> SteadySite:
    return steady_site("demo", 20.0, 12.0, hours=0.5)


def error(site: SteadySite, key: tuple[str, str] = INLET) -> float:
    return site.measured()[key] - site.values()[key]


def test_a_stuck_sensor_says_what_it_said(site: SteadySite) -> None:
    site.break_(POINT, Fault.STUCK)
    first = site.measured()[INLET]
    for crah in ("crah-1", "crah-2", "crah-3"):
        site.set(crah, "supply_air_temperature_setpoint_degc", 24.0)
    site.run(60)
    assert site.values()[INLET] > first + 3.0
    assert {site.measured()[INLET] for _ in range(5)} == {first}
    assert site.measured()[("a06", "inlet_temperature_degc")] > first + 3.0
    site.mend(POINT)
    assert abs(error(site)) < 1.0


def test_a_drifting_sensor_goes_off_by_so_much_an_hour(site: SteadySite) -> None:
    before = sum(error(site) for _ in range(20)) / 20.0
    site.break_(POINT, Fault.DRIFT, 0.8)
    site.run(120)
    assert sum(error(site) for _ in range(20)) / 20.0 - before == pytest.approx(1.6, abs=0.1)


def test_a_drift_without_an_amount_is_far_beyond_the_sensors_own(site: SteadySite) -> None:
    site.break_(POINT, Fault.DRIFT)
    site.run(60)
    assert error(site) > 5.0


def test_a_biased_sensor_is_off(site: SteadySite) -> None:
    before = sum(error(site) for _ in range(20)) / 20.0
    site.break_(POINT, Fault.BIAS, -2.5)
    assert sum(error(site) for _ in range(20)) / 20.0 - before == pytest.approx(-2.5, abs=0.1)


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.GARBAGE, Fault.EXCEPTION, Fault.NO_VALUE])
def test_a_device_that_says_nothing_of_use_measures_nothing(site: SteadySite, fault: Fault) -> None:
    """In process there are no bytes: what the product could not have read is NaN."""
    device = next(one for one in site.site.devices if one.id == "controller-crah-3")
    keys = set(keys_of(device))
    assert len(keys) == 8
    site.break_(device.id, fault)
    measured = site.measured()
    assert {key for key, value in measured.items() if math.isnan(value)} == keys
    site.mend(device.id)
    assert not any(math.isnan(value) for value in site.measured().values())


def test_a_slow_device_still_answers_in_process(site: SteadySite) -> None:
    site.break_("controller-crah-3", Fault.SLOW, 3.0)
    assert not any(math.isnan(value) for value in site.measured().values())


def test_errors_of_healthy_sensors_are_small_and_stay(site: SteadySite) -> None:
    """Bias stays from reading to reading, noise does not."""
    rows = [site.measured() for _ in range(50)]
    true = site.values()
    biases = []
    for rack in range(1, 13):
        key = (f"a{rack:02}", "inlet_temperature_degc")
        said = [row[key] for row in rows]
        assert len(set(said)) > 1
        biases.append(sum(said) / len(said) - true[key])
    assert max(abs(one) for one in biases) < 0.45
    assert max(biases) - min(biases) > 0.15


def test_faults_come_and_go_on_a_schedule(site: SteadySite) -> None:
    now_s = site.time.timestamp()
    site.faults.schedule(Spell("crah-1", Call(Fault.TRIP), now_s + 600.0, now_s + 1200.0))
    site.faults.schedule(Spell(POINT, Call(Fault.BIAS, 5.0), now_s + 900.0, now_s + 1500.0))
    seen = []
    for _ in range(30):
        site.run(1)
        seen.append((site.values()[("crah-1", "on_status")], error(site) > 4.0))
    assert [on for on, _ in seen] == [1.0] * 9 + [0.0] * 10 + [1.0] * 11
    assert [off for _, off in seen] == [False] * 14 + [True] * 10 + [False] * 6


def test_what_is_called_for_replaces_what_was(site: SteadySite) -> None:
    now_s = site.time.timestamp()
    site.faults.replace({POINT: Call(Fault.DRIFT, 1.0), "chiller-1": Call(Fault.TRIP)}, now_s)
    site.run(60)
    site.faults.replace({POINT: Call(Fault.DRIFT, 1.0)}, site.time.timestamp())
    site.run(60)
    assert error(site) == pytest.approx(2.0, abs=0.7)  # the drift goes on from its beginning
    assert site.values()[("chiller-1", "fault_status")] == 0.0


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ("nobody", Fault.TRIP),
        ("a05", Fault.TRIP),  # a rack has no motor
        ("pdu-hall-1", Fault.TRIP),
        ("hall-1", Fault.SILENT),
        ("crah-1", Fault.SMOKE),
        ("crah-1.inlet_temperature_degc", Fault.STUCK),  # a CRAH has no such sensor
        ("crah-1", Fault.DRIFT),
    ],
)
def test_a_target_that_cannot_have_a_fault_is_refused(site: SteadySite, target: str, fault: Fault) -> None:
    with pytest.raises(FaultRefusedError, match=target):
        site.break_(target, fault)
    assert not site.faults.called


def test_one_refused_fault_does_not_keep_others_away(site: SteadySite) -> None:
    calls = {"nobody": Call(Fault.TRIP), "crah-2": Call(Fault.TRIP)}
    with pytest.raises(FaultRefusedError, match="nobody"):
        site.faults.replace(calls, site.time.timestamp())
    site.run(1)
    assert site.values()[("crah-2", "on_status")] == 0.0


@pytest.mark.parametrize("name", ["demo", "air_economizer", "liquid_ai"])
def test_every_machine_can_trip_and_be_mended(name: str) -> None:
    """And says so, where a device tells its state."""
    site = steady_site(name, 20.0, 12.0, hours=0.3)
    machines = sorted(machines_of(site_of(name)) - {"utility"})
    assert len(machines) > 10
    for machine in machines:
        site.break_(machine)
    site.run(5)
    values = site.values()
    assert {values.get((machine, "fault_status"), 1.0) for machine in machines} == {1.0}
    assert {round(values.get((machine, "power_kw"), 0.0), 6) for machine in machines} == {0.0}
    for machine in machines:
        site.mend(machine)
    site.run(60)
    values = site.values()
    assert {values.get((machine, "fault_status"), 0.0) for machine in machines} == {0.0}
