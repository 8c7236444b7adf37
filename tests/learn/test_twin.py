"""Plants of every kind from the site file: their machines, and what is known of them before the first reading."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from facility.learn.twin import Learned, plant_models
from facility.site import Availability
from facility.site_file import LoadedSite, load_site
from models.cooling import Mode

CONFIGS = Path(__file__).parents[2] / "site_configs"
NOW = datetime(2026, 7, 14, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def liquid() -> LoadedSite:
    return load_site(CONFIGS / "liquid_ai.yaml")


def test_two_plants_side_by_side_have_the_machines_of_their_kind(liquid: LoadedSite) -> None:
    warm, cold = plant_models(liquid, Learned(), None, {})
    assert (warm.halls, warm.loops, cold.halls, cold.loops) == ((), ("loop-1",), ("hall-ai", "hall-std"), ())
    assert [len(group) for group in (warm.towers, warm.dry_coolers, warm.chillers, cold.chillers)] == [0, 4, 2, 3]
    assert not any(one.air_cooled for one in warm.chillers) and all(one.air_cooled for one in cold.chillers)
    assert warm.dry_coolers[0].adiabatic_min_outdoor_degc == 12.0
    assert {state.mode for state in cold.states()} == {Mode.MECHANICAL}
    assert {state.mode for state in warm.states()} == set(Mode)


def test_water_is_worth_what_it_costs_in_energy(liquid: LoadedSite) -> None:
    warm, _ = plant_models(liquid, Learned(), None, {})
    assert warm.water_kwh_per_m3 == pytest.approx(4.2 / 0.125)
    assert warm.cycles == 3.0


def test_fans_of_liquid_cooled_racks_are_more_over_what_the_air_takes(liquid: LoadedSite) -> None:
    _, cold = plant_models(liquid, Learned(), None, {})
    assert [part.it_over_air for part in cold.hall_parts] == pytest.approx([1 / 0.15, 1.0])


def test_coolers_that_are_locked_out_carry_nothing(liquid: LoadedSite) -> None:
    out = (Availability(equipment="cooler-1", state="locked_out"),)
    there = dataclasses.replace(liquid, site=liquid.site.model_copy(update={"availability": out}))
    warm, _ = plant_models(there, Learned(), NOW, {})
    assert [cooler.id for cooler in warm.dry_coolers] == ["cooler-2", "cooler-3", "cooler-4"]


def test_what_may_be_set_at_a_cdu_is_apart_from_what_its_servers_bear() -> None:
    (demo,) = plant_models(load_site(CONFIGS / "demo.yaml"), Learned(), None, {})
    (loop,) = demo.loop_parts
    assert (loop.supply_max_degc, loop.setpoint_max_degc) == (40.0, 36.0)


def test_states_lie_a_step_apart_whatever_the_ramps_and_the_step(liquid: LoadedSite) -> None:
    planning = liquid.site.planning.model_copy(update={"step_min": 5})
    quick = dataclasses.replace(liquid, site=liquid.site.model_copy(update={"planning": planning}))
    for plant in plant_models(quick, Learned(), None, {}):
        water = sorted({state.leaving_water_degc for state in plant.states()})
        air = np.array(sorted({state.supply_air_degc for state in plant.states()}))
        assert np.diff(water).max() <= {"plant-warm": 10.0 / 12.0, "plant-cold": 2.0}[plant.plant_id]
        assert not air.size or np.diff(air, axis=0).max() <= 20.0 / 12.0


def test_halls_are_no_colder_than_their_damp_air_bears_with_or_without_an_economizer(liquid: LoadedSite) -> None:
    _, dry = plant_models(liquid, Learned(), None, {"hall-ai": 11.0, "hall-std": 11.0})
    _, damp = plant_models(liquid, Learned(), None, {"hall-ai": 11.0, "hall-std": 14.0})
    assert [hall.inlet_min_degc for hall in dry.hall_parts] == [18.0, 18.0]
    assert [hall.inlet_min_degc for hall in damp.hall_parts] == [18.0, 20.0]  # at 20 C 14 is 69 %


def test_inlets_are_held_above_the_mean_of_what_sensors_say_of_a_hall_and_loops_above_the_highest(
    liquid: LoadedSite,
) -> None:
    highest, mean = {"hall-ai": 14.0, "hall-std": 14.0}, {"hall-ai": 11.0, "hall-std": 13.0}
    warm, cold = plant_models(liquid, Learned(), None, highest, mean)
    assert [hall.inlet_min_degc for hall in cold.hall_parts] == [18.0, 19.0]
    assert [loop.dew_point_degc for loop in warm.loop_parts] == [14.0]
