"""To stay is always among the choices: setpoints between two levels of the grid are a state, too."""

from __future__ import annotations

from dataclasses import replace

from facility.plan.inputs import PlantNow
from facility.plan.planner import make_plan
from facility.plan.present_states import with_present
from facility.units import DEADBAND
from models.cooling import JointState, Mode
from tests.plan.rolling import toy_day

AIR = "crah-1.supply_air_temperature_setpoint_degc"
GRID = tuple(
    JointState(mode, water, (air, air + 1.0), on)
    for mode, on in ((Mode.MECHANICAL, 1), (Mode.MECHANICAL, 2), (Mode.FREE, 0))
    for water in (10.0, 14.0)
    for air in (18.0, 22.0)
)


def test_setpoints_between_the_levels_are_added_in_the_present_mode_with_each_number_of_chillers() -> None:
    states = with_present(GRID, PlantNow(Mode.MECHANICAL, 11.0, (19.0, 22.5), 1))
    assert states[: len(GRID)] == GRID
    assert [one.stage for one in states[len(GRID) :]] == [(Mode.MECHANICAL, 1), (Mode.MECHANICAL, 2)]
    assert {one.setting[:2] for one in states[len(GRID) :]} == {(11.0, (19.0, 22.5))}


def test_a_grid_that_holds_what_is_in_force_stays_as_it_is() -> None:
    assert with_present(GRID, PlantNow(Mode.FREE, 10.0, (18.0, 19.0 + 1e-9), 0)) == GRID


def test_levels_near_what_is_in_force_stay_within_reach_of_their_neighbours() -> None:
    """Where ramps allow 1 K a step, 19.0 is reached from 20.0, and would not be from 20.2."""
    grid = tuple(JointState(Mode.MECHANICAL, 10.0, (air,), 1) for air in (18.0, 19.0, 20.0, 21.0))
    states = with_present(grid, PlantNow(Mode.MECHANICAL, 10.0, (20.2,), 1))
    assert states[: len(grid)] == grid
    assert [one.supply_air_degc for one in states[len(grid) :]] == [(20.2,)]


def test_what_may_not_be_asked_for_is_taken_to_the_end_of_the_range() -> None:
    added = with_present(GRID, PlantNow(Mode.FREE, 12.0, (15.0, 30.0), 0))[len(GRID) :]
    assert {one.setting[:2] for one in added} == {(12.0, (18.0, 23.0))}


def test_supply_air_a_little_off_a_level_stays_while_servers_go_to_sleep() -> None:
    inputs = toy_day(12.0)
    now = replace(inputs.plants_now["plant-1"], leaving_water_degc=15.0, supply_air_degc=(18.2,))
    plan = make_plan(replace(inputs, plants_now={"plant-1": now}, awake_servers={"pool-1": 90.0})).plan
    assert plan.schedule["pool-1.awake_servers_command"][-1] < 90.0
    assert max(abs(air - 18.2) for air in plan.schedule[AIR]) < DEADBAND["degC"]  # no write tells less
