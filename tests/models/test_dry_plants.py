"""Plants without towers: pads where they pay, trim chillers for the last kelvins, chillers that breathe outdoor air."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from models.commissioning.held_plant import (
    CONDENSER_WATER,
    LEAVING_WATER,
    SECONDARY_FLOW,
    SECONDARY_SUPPLY,
    Held,
    held_answer,
)
from models.cooling import JointState, Load, Mode, PlantResponse, answers_for
from models.heat_exchanger import WATER_KJ_PER_LK
from models.history_rows import component_rows, needed_columns
from models.nameplate import Chiller, group_chillers
from models.outside import Weather
from models.plant_model import CoolingPlant
from models.surrogate import build_state_table
from tests.models.dry_plants import PADS_FROM_DEGC, air_load, cold_plant, liquid_load, warm_plant

FREE = JointState(Mode.FREE, 30.0, (), 0)
PARTIAL = JointState(Mode.PARTIAL, 28.0, (), 1)
MECHANICAL = JointState(Mode.MECHANICAL, 28.0, (), 2)
COLD = JointState(Mode.MECHANICAL, 10.0, (21.0,), 2)


def free(plant: CoolingPlant, load: Load) -> PlantResponse:
    return plant.evaluate(FREE, load)


def test_states_follow_the_equipment() -> None:
    assert {state.mode for state in warm_plant().states()} == set(Mode)
    assert {(state.mode, state.chillers_on) for state in cold_plant().states()} == {
        (Mode.MECHANICAL, on) for on in (1, 2, 3)
    }


@pytest.mark.parametrize(
    ("plant", "load"),
    [(warm_plant(), liquid_load([250.0, 500.0], [5.0, 27.0])), (cold_plant(), air_load([90.0, 150.0], [5.0, 34.0]))],
)
def test_states_asked_together_answer_as_each_alone(plant: CoolingPlant, load: Load) -> None:
    for place, answer in answers_for(plant, plant.states(), load):
        alone = plant.evaluate(plant.states()[place], load)
        assert answer.limit.tolist() == alone.limit.tolist()
        np.testing.assert_array_equal(answer.overhead_kw, alone.overhead_kw)
        assert np.isfinite(answer.overhead_kw).all()


def test_a_plant_that_air_cools_has_no_condenser_water() -> None:
    answer = cold_plant().evaluate(COLD, air_load(150.0))
    assert answer.feasible.all()
    assert answer.tower_kw[0] == answer.condenser_pump_kw[0] == answer.makeup_water_lps[0] == 0.0
    assert np.isnan(answer.condenser_water_degc).all()
    assert not answer.pads_wet.any()


def test_an_air_cooled_chiller_takes_what_its_nameplate_says() -> None:
    """At 7 degC leaving water and 35 degC outdoors, full load: 105 kW over a COP of 3.2."""
    one = cold_plant(1)
    full = dataclasses.replace(COLD, leaving_water_degc=7.0, chillers_on=1)
    heats = air_load(np.linspace(80.0, 104.0, 49), 35.0)
    answer = one.evaluate(full, heats)
    last = np.flatnonzero(answer.feasible)[-1]
    assert answer.chiller_kw[last] == pytest.approx(105.0 / 3.2, rel=0.02)
    assert set(answer.limit[last + 1 :]) == {"cold: chiller capacity"}


def test_outdoor_air_decides_an_air_cooled_chiller() -> None:
    answer = cold_plant().evaluate(COLD, air_load(150.0, np.linspace(-10.0, 40.0, 51)))
    assert answer.feasible.all()
    assert (np.diff(answer.chiller_kw) > -1e-9).all()
    assert answer.chiller_kw[-1] > 1.8 * answer.chiller_kw[0]


@pytest.mark.parametrize(
    ("state", "outdoor_degc", "air_kw", "name"),
    [
        (COLD, -16.0, 150.0, "outdoor air min of chillers"),
        (COLD, 51.0, 100.0, "outdoor air max of chillers"),
        (COLD, 20.0, 25.0, "chiller part load min"),
        (dataclasses.replace(COLD, chillers_on=1), 20.0, 190.0, "chiller capacity"),
        (dataclasses.replace(COLD, leaving_water_degc=17.0), 20.0, 150.0, "chiller leaving water max"),
    ],
)
def test_limits_of_air_cooled_chillers_are_named(
    state: JointState, outdoor_degc: float, air_kw: float, name: str
) -> None:
    assert list(cold_plant().evaluate(state, air_load(air_kw, outdoor_degc)).limit) == [f"cold: {name}"]


def test_chillers_of_both_condensers_cannot_act_as_one() -> None:
    with pytest.raises(ValueError, match="several kinds"):
        group_chillers([Chiller("a", 100.0), Chiller("b", 100.0, condenser="air")])


@pytest.mark.parametrize("state", [FREE, PARTIAL, MECHANICAL])
def test_power_rises_with_heat_and_outdoor_air_without_jumps(state: JointState) -> None:
    by_heat = warm_plant().evaluate(state, liquid_load(np.linspace(150.0, 330.0, 91), 18.0))
    assert by_heat.feasible.all()
    step = np.diff(by_heat.overhead_kw)
    assert step.min() > -0.001 * by_heat.overhead_kw.max()
    assert step.max() < 0.03 * by_heat.overhead_kw.max()
    weather = warm_plant(pads_frac=0.0).evaluate(state, liquid_load(300.0, np.linspace(-5.0, 30.0, 141)))
    power = weather.overhead_kw[weather.feasible]
    assert (
        np.diff(power).min() > -0.003 * power.max()
    )  # at the least lift, a chiller's capacity falls before its power rises


def test_trims_behind_the_exchanger_take_less_than_alone() -> None:
    partial, alone = (
        warm_plant().evaluate(state, liquid_load(300.0, 24.0)).chiller_kw for state in (PARTIAL, MECHANICAL)
    )
    assert 0.0 < partial[0] < alone[0]
    assert not free(warm_plant(), liquid_load(300.0)).chiller_kw.any()


def test_pads_carry_a_hot_dry_day_that_dry_air_cannot() -> None:
    hot = liquid_load(600.0, [24.0, 30.0, 30.0], [14.0, 17.0, 30.0])
    with_pads, without = free(warm_plant(), hot), free(warm_plant(pads_frac=0.0), hot)
    assert with_pads.feasible.tolist() == [True, True, False]
    assert without.feasible.tolist()[1:] == [False, False]
    assert list(without.limit[1:]) == ["warm: economizer too warm"] * 2
    assert with_pads.pads_wet[1] and with_pads.makeup_water_lps[1] > 0.0
    assert not without.pads_wet.any() and not without.makeup_water_lps.any()


def test_pads_stay_dry_where_their_water_is_worth_more_than_the_fans() -> None:
    mild = liquid_load(500.0, 19.0, 12.0)
    free_of_charge, dear = free(warm_plant(), mild), free(warm_plant(water_kwh_per_m3=1000.0), mild)
    assert free_of_charge.feasible.all() and dear.feasible.all()
    assert free_of_charge.pads_wet[0] and not dear.pads_wet[0]
    assert free_of_charge.tower_kw[0] < dear.tower_kw[0]
    assert dear.makeup_water_lps[0] == 0.0


def test_pads_never_freeze() -> None:
    cold = liquid_load(600.0, PADS_FROM_DEGC - 0.1, PADS_FROM_DEGC - 8.0)
    assert not free(warm_plant(), cold).pads_wet.any()


def test_a_dear_pad_still_serves_where_nothing_else_does() -> None:
    hot = liquid_load(600.0, 30.0, 17.0)
    assert free(warm_plant(water_kwh_per_m3=1000.0), hot).pads_wet[0]


def test_the_water_of_pads_is_the_heat_that_it_takes_from_the_air() -> None:
    """Air at full fans: rated heat over 0.6 of the rated difference; cooled by 3/4 of the depression; half as much is bled."""
    hot = liquid_load(600.0, 30.0, 17.0)
    answer = free(warm_plant(), hot)
    speed = (answer.tower_kw[0] / (4 * 7.8)) ** (1 / 3)
    air_kw_per_k = 4 * 260.0 / (0.6 * (6.0 + 260.0 / (8.0 * 3.82))) * speed
    assert answer.makeup_water_lps[0] == pytest.approx(1.5 * air_kw_per_k * 0.75 * 13.0 / 2450.0, rel=0.08)


@pytest.mark.parametrize("glycol", [True, False])
def test_water_in_dry_coolers_has_a_frost_limit_and_glycol_none(glycol: bool) -> None:
    plant = dataclasses.replace(warm_plant(glycol=glycol), leaving_water_min_degc=4.0, loop_parts=())
    icy = dataclasses.replace(liquid_load(0.0, -9.0), it_liquid_kw=np.zeros((1, 0)))
    answer = plant.evaluate(JointState(Mode.FREE, 3.9, (), 0), icy)
    assert list(answer.limit) == ([""] if glycol else ["warm: condenser water frost limit"])


def test_trims_do_not_make_water_beyond_what_their_compressors_bear() -> None:
    assert list(
        warm_plant().evaluate(dataclasses.replace(PARTIAL, leaving_water_degc=32.5), liquid_load(300.0)).limit
    ) == ["warm: chiller leaving water max"]


def test_water_rise_counts_what_the_economizer_carries() -> None:
    """Chillers that only trim (400 kW) do not size the water; the plate does: 750 kW over 26 L/s."""
    assert warm_plant().water_rise_k == pytest.approx(750.0 / (26.0 * WATER_KJ_PER_LK))


def test_tables_of_both_plants_keep_their_models() -> None:
    """What the plan uses: for nine states in ten, pieces within a kilowatt of the model; least well behind an economizer."""
    hours = np.linspace(12.0, 31.0, 6)
    for plant, load, low, high in (
        (warm_plant(), liquid_load(400.0, hours), 250.0, 550.0),
        (cold_plant(), air_load(140.0, hours), 90.0, 190.0),
    ):
        table = build_state_table(plant, load, heat_low_kw=np.full(6, low), heat_high_kw=np.full(6, high), prune=False)
        assert table.available.any(axis=1).all()
        assert np.quantile(table.piece_error_kw[table.available], 0.9) < 1.0


HELD = Held(
    Mode.FREE,
    0,
    {
        ("loop-1", SECONDARY_SUPPLY): 34.0,
        ("loop-1", SECONDARY_FLOW): 5.0,
        ("warm", LEAVING_WATER): 30.0,
        ("warm", CONDENSER_WATER): 27.0,
    },
)


def test_a_held_plant_pays_for_colder_condenser_water() -> None:
    colder = HELD.moved("warm", CONDENSER_WATER, 25.0)
    assert (
        held_answer(warm_plant(), colder, liquid_load(300.0)).power_kw["dry_cooler"]
        > held_answer(warm_plant(), HELD, liquid_load(300.0)).power_kw["dry_cooler"]
    )


def test_a_held_plant_with_wet_pads_takes_less_of_the_fans() -> None:
    wet = dataclasses.replace(HELD, wetted_frac=1.0)
    fans = [held_answer(warm_plant(), held, liquid_load(300.0, 22.0)).power_kw["dry_cooler"] for held in (wet, HELD)]
    assert fans[0] < 0.8 * fans[1]


def history(wetted: float) -> pd.DataFrame:
    """What a warm plant in free cooling would have measured, hour by hour, its fans at 60 %."""
    hours, plant = 24, warm_plant()
    outside = plant.room.outside
    outside = dataclasses.replace(outside, wetted_frac=wetted)  # type: ignore[type-var]
    outdoor = np.linspace(14.0, 26.0, hours)
    load = liquid_load(300.0, outdoor)
    air = Weather(load.outdoor_degc, load.wet_bulb_degc)
    reached = outside.reached_degc(np.array([[0.6]]), 26.0, air)(np.full(hours, 300.0))[0]
    flow, drop = 20.0, 300.0 / (WATER_KJ_PER_LK * 20.0)
    columns: dict[str, object] = {
        "warm.chilled_water_flow_lps": flow,
        "warm.leaving_chilled_water_temperature_degc": 30.0,
        "warm.entering_chilled_water_temperature_degc": 30.0 + drop,
        "warm.condenser_water_flow_lps": 26.0,
        "warm.entering_condenser_water_temperature_degc": reached,
        "weather.outdoor_temperature_degc": load.outdoor_degc,
        "weather.outdoor_wet_bulb_degc": load.wet_bulb_degc,
        **{f"trim-{i}.power_kw": 0.0 for i in (1, 2)},
        **{f"cooler-{i}.power_kw": 1.0 for i in range(1, 5)},
        **{f"cooler-{i}.adiabatic_status": wetted for i in range(1, 5)},
    }
    return pd.DataFrame(columns, index=pd.date_range("2026-07-01", periods=hours, freq="1h", tz="UTC"))


@pytest.mark.parametrize("wetted", [0.0, 0.5, 1.0])
def test_history_rows_find_the_fans_again(wetted: float) -> None:
    rows = component_rows(warm_plant(), history(wetted))["dry_cooler"]
    assert rows.drivers == ("air_on_coil_degc",)
    assert rows.rows["prior_kw"].to_numpy() == pytest.approx(4 * 7.8 * 0.6**3, rel=0.03)
    assert rows.power_kw.to_numpy() == pytest.approx(4.0)


def test_components_follow_the_equipment() -> None:
    assert set(needed_columns(warm_plant())) == {
        "chiller",
        "dry_cooler",
        "chilled_pump",
        "condenser_pump",
        "cdu_pump.loop-1",
    }
    cold = needed_columns(cold_plant())
    assert set(cold) == {"chiller", "chilled_pump", "crah_fan.hall-1"}
    assert "weather.outdoor_temperature_degc" in cold["chiller"]
