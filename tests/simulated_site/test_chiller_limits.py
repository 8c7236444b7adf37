"""What a chiller's own controls do: it trips on what would harm it, and starts again when that is over and its timers allow."""

from __future__ import annotations

import pytest

from tests.simulated_site.steady import STEP_S, SteadySite, site_of, steady_site
from tools.simulated_site.chillers import (
    COLD_CONDENSER,
    FROST,
    HOT_CONDENSER,
    LOW_FLOW,
    NO_TRIP,
    Machine,
    Surroundings,
)
from tools.simulated_site.physics.chiller import ChillerLaw

CONDENSER = ("plant-1", "condenser_water_temperature_setpoint_degc")
CHILLED = ("plant-1", "leaving_chilled_water_temperature_setpoint_degc")
TRIPPED = 1.0  # fault_status: 1 is broken, 1 + cause a trip


def machines(site: SteadySite) -> list[Machine]:
    return site.plants[0].bank.machines


def minutes_until(site: SteadySite, happened: object, most: float = 120.0) -> float:
    assert callable(happened)
    for step in range(round(most * 60.0 / STEP_S)):
        if happened():
            return step * STEP_S / 60.0
        site.step(STEP_S)
    raise AssertionError("it did not happen")


def test_cold_condenser_water_trips_it_and_it_comes_back() -> None:
    """At a small load a head-pressure valve finds too little warmth to mix in; with warmer water the machine holds."""
    site = steady_site("demo", -2.0, -5.0, 0.3, hours=1.0)
    assert all(one.state.running for one in machines(site))
    site.set(*CONDENSER, 5.0)
    first = machines(site)[0]
    minutes_until(site, lambda: first.state.trip == COLD_CONDENSER)
    values = site.values()
    assert values[("chiller-1", "on_status")] == 0.0
    assert values[("chiller-1", "fault_status")] == TRIPPED + COLD_CONDENSER
    assert values[("plant-1", "entering_condenser_water_temperature_degc")] < 12.0
    rest = minutes_until(site, lambda: first.state.running)
    assert rest >= first.nameplate.restart_min
    trips = minutes_until(site, lambda: first.state.trip == COLD_CONDENSER)
    assert trips >= 5.0  # after a start the head may take so long
    site.set(*CONDENSER, 22.0)
    site.run(60)
    assert any(one.state.running for one in machines(site))
    site.run(120)
    assert all(one.state.trip == NO_TRIP for one in machines(site))
    assert site.plants[0].chilled_degc == pytest.approx(8.0, abs=0.3)


def test_a_mixing_valve_holds_the_head_while_the_load_is_high() -> None:
    site = steady_site("demo", -2.0, -5.0, 0.8, hours=1.0)
    site.set(*CONDENSER, 8.0)
    site.run(90)
    assert site.values()[("plant-1", "entering_condenser_water_temperature_degc")] < 11.0
    assert all(one.state.running and one.state.entering_condenser_degc > 15.4 for one in machines(site))


def test_a_hot_condenser_trips_it_until_the_towers_work_again() -> None:
    site = steady_site("demo", 26.0, 20.0, hours=1.0)
    for tower in ("tower-1", "tower-2"):
        site.break_(tower)
    first = machines(site)[0]
    minutes_until(site, lambda: first.state.trip == HOT_CONDENSER)
    assert site.values()[("plant-1", "entering_condenser_water_temperature_degc")] > 45.0
    site.run(20)
    assert not first.state.running
    for tower in ("tower-1", "tower-2"):
        site.mend(tower)
    site.run(60)
    assert any(one.state.running for one in machines(site))
    assert site.values()[("plant-1", "entering_condenser_water_temperature_degc")] < 30.0


def test_air_cooled_machines_trip_in_extreme_heat() -> None:
    site = steady_site("air_economizer", 38.0, 8.0, 0.7, hours=1.0)
    assert sum(one.state.running for one in machines(site)) >= 2
    site.steady.weather(56.0, 8.0)
    site.run(30)
    assert all(one.state.trip == HOT_CONDENSER for one in machines(site))
    site.steady.weather(30.0, 8.0)
    site.run(30)
    assert any(one.state.running for one in machines(site))


def test_low_evaporator_flow_trips_it() -> None:
    site = steady_site("demo", 22.0, 14.0, hours=1.0)
    site.break_("chw-pumps")
    first = machines(site)[0]
    assert minutes_until(site, lambda: first.state.trip == LOW_FLOW) <= 1.0
    site.run(15)
    assert first.state.trip == LOW_FLOW
    site.mend("chw-pumps")
    site.run(20)
    assert first.state.running
    assert site.plants[0].chilled_degc < 12.0


@pytest.fixture
def machine() -> Machine:
    """600 kW, 100 kW/K through the evaporator, at most four starts an hour."""
    nameplate = site_of("demo").plants[0].chillers[0]
    return Machine(nameplate, ChillerLaw(600.0, 5.6, 120.0), 100.0, 125.0)


def around(**changes: float) -> Surroundings:
    usual = {
        "entering_degc": 13.0,
        "target_degc": 8.0,
        "supply_degc": 8.0,
        "sink_degc": 24.0,
        "flow_kwpk": 100.0,
        "condenser_kwpk": 125.0,
    }
    return Surroundings(**{**usual, **changes}, last_to_run=False)


def driven(machine: Machine, minutes: float, *, called: bool = True, **changes: float) -> None:
    for _ in range(round(minutes * 60.0 / STEP_S)):
        machine.switch(STEP_S, called, around(**changes))
        machine.run(STEP_S, around(**changes))


def test_frost_trips_it(machine: Machine) -> None:
    """At 500 kW the flow falls to a third: the capacity control is too slow, and the water leaves near 0 C."""
    driven(machine, 30)
    assert machine.state.cooling_kw == pytest.approx(500.0, rel=0.02)
    machine.switch(5.0, True, around(flow_kwpk=36.0))
    machine.run(5.0, around(flow_kwpk=36.0))
    assert machine.state.leaving_degc < 1.0
    assert machine.state.trip == FROST
    driven(machine, 10, flow_kwpk=100.0)
    assert machine.state.running  # the water that enters is warm again


def test_it_unloads_before_frost(machine: Machine) -> None:
    driven(machine, 30, entering_degc=13.0, target_degc=8.0)
    for entering_degc in (12.0, 11.0, 10.0, 9.0, 8.0, 7.0, 6.0):
        driven(machine, 2, entering_degc=entering_degc, target_degc=4.0)
        assert machine.state.trip == NO_TRIP
        assert machine.state.leaving_degc > 3.9


def test_starts_are_rationed(machine: Machine) -> None:
    """Called and dismissed every minute, it starts no more than four times an hour, and rests its minutes after a stop."""
    for minute in range(240):
        driven(machine, 1, called=minute % 2 == 0)
    assert 10 <= machine.state.starts <= 4 * 4


def test_it_waits_its_restart_delay(machine: Machine) -> None:
    driven(machine, 60)
    driven(machine, 0.5, called=False)
    driven(machine, machine.nameplate.restart_min - 1.0)
    assert not machine.state.running
    driven(machine, 2.0)
    assert machine.state.running


def test_leaving_water_is_never_warmer_than_it_bears(machine: Machine) -> None:
    assert machine.target_degc(25.0) == machine.nameplate.max_leaving_water_degc == 22.0


def test_capacity_follows_within_its_rates(machine: Machine) -> None:
    """A quarter of its rating a minute up, three fifths down."""
    driven(machine, 3)
    before_kw = machine.state.cooling_kw
    driven(machine, 0.5, entering_degc=16.0)
    assert machine.state.cooling_kw - before_kw <= 0.25 / 2.0 * 600.0 + 1e-6
    driven(machine, 20)
    before_kw = machine.state.cooling_kw
    driven(machine, 0.5, entering_degc=9.0)
    assert before_kw - machine.state.cooling_kw <= 0.6 / 2.0 * 600.0 + 1e-6
