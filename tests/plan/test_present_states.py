"""To stay is always among the choices: setpoints between two levels of the grid are a state, too."""

from __future__ import annotations

from dataclasses import replace

from facility.plan.inputs import PlantNow
from facility.plan.planner import make_plan
from facility.plan.present_states import with_present
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


def test_levels_that_no_write_would_tell_from_what_is_in_force_are_put_there() -> None:
    states = with_present(GRID, PlantNow(Mode.FREE, 10.1, (18.2, 19.1), 0))
    assert len(states) == len(GRID)
    for one, level in zip(states, GRID, strict=True):
        assert one.stage == level.stage
        assert one.leaving_water_degc == (10.1 if level.leaving_water_degc == 10.0 else 14.0)
        assert one.supply_air_degc == ((18.2, 19.1) if level.supply_air_degc == (18.0, 19.0) else (22.0, 23.0))


def test_what_may_not_be_asked_for_is_taken_to_the_end_of_the_range() -> None:
    added = with_present(GRID, PlantNow(Mode.FREE, 12.0, (15.0, 30.0), 0))[len(GRID) :]
    assert {one.setting[:2] for one in added} == {(12.0, (18.0, 23.0))}


def test_supply_air_a_little_off_a_level_stays_while_servers_go_to_sleep() -> None:
    inputs = toy_day(12.0)
    now = replace(inputs.plants_now["plant-1"], leaving_water_degc=15.0, supply_air_degc=(18.2,))
    plan = make_plan(replace(inputs, plants_now={"plant-1": now}, awake_servers={"pool-1": 90.0})).plan
    assert plan.schedule["pool-1.awake_servers_command"][-1] < 90.0
    assert set(plan.schedule[AIR]) == {18.2}
