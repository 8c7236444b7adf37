"""Halls that breathe: energy and water balance, envelope and frost, humidifiers, and what is left for coil and chiller."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import coil, psychrometrics, wet_coil
from models.airside import TRIMMED_FRAC, Airside, Breath, OutdoorAir, Stream, breathe
from models.cooling import JointState, Load, Mode, answers_for
from models.nameplate import AirsideEconomizer, Humidifier
from models.plant_model import CoolingPlant
from tests.models.small_plant import hall, load, plant

DAMPERS = AirsideEconomizer("ase-1", rated_airflow_m3ps=33.0, rated_relief_fan_kw=8.0, min_outdoor_frac=0.0)
STEAM = Humidifier("hum-1", rated_kg_per_h=150.0)
ULTRASONIC = dataclasses.replace(STEAM, kwh_per_kg=0.07)
RISE_K, SUPPLY_DEGC, AIR_KW_PER_K = 11.0, 21.0, 20.0
SHUT = JointState(Mode.MECHANICAL, 12.0, (21.0,), 1)
OPEN = dataclasses.replace(SHUT, dampers_open=True)


def outdoor(dry: float, dew: float) -> OutdoorAir:
    humidity = psychrometrics.relative_humidity_frac(dry, dew)
    return OutdoorAir.of(np.array([dry]), np.atleast_1d(psychrometrics.wet_bulb_degc(dry, humidity)), 0.0)


def breath(dry: float, dew: float, airside: Airside | None = None, *, dampers_open: bool = True) -> Breath:
    """Return the breath of air that moves 20 kW/K, comes back at 32 degC and needs no coil at 20.6."""
    column = np.ones((1, 1))
    stream = Stream(
        0.6 * column,
        AIR_KW_PER_K * column,
        (SUPPLY_DEGC + RISE_K) * column,
        (SUPPLY_DEGC - 0.4) * column,
        (SUPPLY_DEGC + 1.6) * column,
    )
    return breathe(airside or Airside(DAMPERS), outdoor(dry, dew), stream, dampers_open=dampers_open)


def breathing_plant(airside: Airside | None = None) -> CoolingPlant:
    return plant(halls=(dataclasses.replace(hall(), airside=airside or Airside(DAMPERS)),))


def weather(air_kw: float, dry: float, dew: float, liquid_kw: float = 160.0) -> Load:
    """Return the load of the small plant on a day of that dry bulb and dew point."""
    one, air = load(air_kw, liquid_kw), outdoor(dry, dew)
    humidity = psychrometrics.relative_humidity_frac(dry, dew)
    return dataclasses.replace(
        one, outdoor_degc=air.degc, wet_bulb_degc=psychrometrics.wet_bulb_degc(air.degc, humidity)
    )


def test_dampers_mix_to_what_needs_no_coil() -> None:
    """32 and 8 degC to 20.6: a share of 11.4 / 24, which takes 20 x 11.4 kW."""
    mixed = breath(8.0, 2.0)
    assert mixed.open.all()
    assert mixed.outdoor_frac == pytest.approx(11.4 / 24.0)
    assert mixed.taken_kw == pytest.approx(AIR_KW_PER_K * 11.4)
    assert mixed.dew_point_degc == pytest.approx(2.0, abs=0.05)  # a hall gives no moisture


def test_outdoor_air_a_little_too_warm_is_taken_whole() -> None:
    mixed = breath(22.5, 10.0)
    assert mixed.outdoor_frac == 1.0
    assert mixed.taken_kw == pytest.approx(AIR_KW_PER_K * 9.5)


def test_dampers_pass_no_more_than_they_are_rated_for() -> None:
    small = dataclasses.replace(DAMPERS, rated_airflow_m3ps=4.0)
    mixed = breath(18.0, 10.0, Airside(small))
    assert mixed.outdoor_frac == pytest.approx(4.0 * 1.2 * 1.006 / AIR_KW_PER_K)
    assert mixed.power_kw == pytest.approx(small.rated_relief_fan_kw)


@pytest.mark.parametrize(("dry", "dew"), [(23.5, 10.0), (18.0, 14.8), (18.0, -8.8), (2.0, -10.0)])
def test_outside_the_envelope_or_near_its_edge_dampers_count_as_shut(dry: float, dew: float) -> None:
    shut = breath(dry, dew)
    assert not shut.open.any() and not shut.too_dry.any() and not shut.too_humid.any()
    assert shut.taken_kw == 0.0 and shut.power_kw == 0.0


def test_mixed_air_stays_clear_of_frost() -> None:
    frosty = dataclasses.replace(DAMPERS, outdoor_dew_point_min_degc=-40.0, mixed_air_min_degc=21.5)
    mixed = breath(-25.0, -30.0, Airside(frosty, dew_point_min_degc=-40.0))
    share = float(mixed.outdoor_frac[0, 0])
    assert share * -25.0 + (1 - share) * 32.0 == pytest.approx(21.5)


def test_a_humidifier_holds_its_dew_point_as_far_as_it_goes() -> None:
    held = breath(5.0, -6.0, Airside(DAMPERS, STEAM))
    assert held.dew_point_degc == pytest.approx(5.5, abs=0.01)
    wetted_kgps = float(held.power_kw[0, 0] - 8.0 * (held.outdoor_frac[0, 0] * AIR_KW_PER_K / 39.83) ** 3) / 2700
    lacks = psychrometrics.saturated_humidity_ratio(5.5) - outdoor(5.0, -6.0).humidity_ratio[0]
    assert wetted_kgps == pytest.approx(held.outdoor_frac[0, 0] * AIR_KW_PER_K / 1.006 * lacks, rel=0.01)
    weak = breath(5.0, -6.0, Airside(DAMPERS, dataclasses.replace(STEAM, rated_kg_per_h=5.0), dew_point_min_degc=0.0))
    assert -6.0 < weak.dew_point_degc[0, 0] < 0.0 and weak.too_dry.all()


def test_water_that_the_air_evaporates_cools_it() -> None:
    steam, mist = (breath(5.0, -6.0, Airside(DAMPERS, one)) for one in (STEAM, ULTRASONIC))
    assert mist.outdoor_frac < steam.outdoor_frac
    assert mist.power_kw < 0.2 * steam.power_kw
    assert mist.taken_kw == pytest.approx(steam.taken_kw)  # what the hall asks for, whoever takes it


def test_humidity_of_open_halls_is_limited() -> None:
    assert breath(18.0, 12.0, Airside(DAMPERS, dew_point_max_degc=11.0)).too_humid.all()
    assert breath(18.0, 12.0, Airside(DAMPERS, relative_humidity_max_frac=0.5)).too_humid.all()
    assert not breath(18.0, 12.0).too_humid.any()


@given(st.floats(-10.0, 20.0), st.floats(0.0, 3.0))
def test_warmer_outdoor_air_never_takes_more(dry: float, warmer_k: float) -> None:
    airside = Airside(dataclasses.replace(DAMPERS, outdoor_dew_point_min_degc=-60.0), dew_point_min_degc=-60.0)
    cold, warm = breath(dry, -12.0, airside), breath(dry + warmer_k, -12.0, airside)
    assert warm.taken_kw <= cold.taken_kw + 1e-9
    assert warm.outdoor_frac >= cold.outdoor_frac - 1e-9


def test_shut_dampers_change_nothing() -> None:
    breathing, sealed = (
        breathing_plant().evaluate(SHUT, weather(200.0, 10.0, 5.0)),
        plant().evaluate(SHUT, weather(200.0, 10.0, 5.0)),
    )
    np.testing.assert_allclose(breathing.overhead_kw, sealed.overhead_kw)
    assert np.isnan(sealed.dew_point_degc).all() and not breathing.dampers_open.any()


def test_open_dampers_take_the_heat_from_the_coil() -> None:
    there, today = breathing_plant(), weather(200.0, 10.0, 5.0)
    shut, opened = there.evaluate(SHUT, today), there.evaluate(OPEN, today)
    assert opened.feasible.all() and opened.dampers_open.all()
    speed = opened.fan_speed_frac[0, 0]
    assert opened.coil_kw[0, 0] == pytest.approx(TRIMMED_FRAC * (21.0 - 12.0) * speed * 33.0 * 1.2 * 1.006)
    assert opened.chiller_kw < 0.65 * shut.chiller_kw  # the loop's heat is still there
    assert opened.overhead_kw < shut.overhead_kw


def test_a_chiller_cycles_only_beside_open_dampers() -> None:
    there, idle = breathing_plant(), weather(60.0, 10.0, 5.0, liquid_kw=10.0)
    assert there.evaluate(OPEN, idle).feasible.all()
    assert there.evaluate(dataclasses.replace(OPEN, chillers_on=2), idle).limit[0] == "plant-1: chiller part load min"
    assert there.evaluate(SHUT, idle).limit[0] == "plant-1: chiller part load min"


@pytest.mark.parametrize(
    ("airside", "dry", "dew", "limit"),
    [
        (Airside(DAMPERS), 30.0, 10.0, "hall-1: outdoor air envelope"),
        (Airside(DAMPERS, dew_point_max_degc=11.0), 18.0, 12.0, "hall-1: dew point or relative humidity max"),
        (Airside(DAMPERS, dew_point_min_degc=0.0), 5.0, -5.0, "hall-1: dew point min"),
    ],
)
def test_what_open_dampers_may_not_do_is_named(airside: Airside, dry: float, dew: float, limit: str) -> None:
    assert breathing_plant(airside).evaluate(OPEN, weather(200.0, dry, dew)).limit[0] == limit


def test_dampers_that_nobody_commands_open_by_themselves_and_set_the_plan_no_limit() -> None:
    """Air too dry for the hall comes in all the same: no state could keep it out, so that none is forbidden."""
    by_itself = breathing_plant(Airside(DAMPERS, dew_point_min_degc=0.0, own_control=True))
    assert len(by_itself.states()) == len(plant().states())
    dry, hot = weather(60.0, 5.0, -5.0, liquid_kw=10.0), weather(200.0, 30.0, 10.0)
    answer = by_itself.evaluate(SHUT, dry)
    assert answer.feasible.all() and answer.dampers_open.all()
    assert answer.overhead_kw == pytest.approx(breathing_plant().evaluate(OPEN, dry).overhead_kw)
    assert by_itself.evaluate(SHUT, hot).overhead_kw == pytest.approx(plant().evaluate(SHUT, hot).overhead_kw)


def test_what_they_let_in_bounds_how_cold_the_inlets_may_be() -> None:
    """A dew point of 13 is 70 % of humidity at 18.5 degC; how dry or damp the air is otherwise, no state could change."""
    by_itself = breathing_plant(Airside(DAMPERS, dew_point_max_degc=11.0, own_control=True))
    damp = weather(60.0, 16.0, 13.0)
    cold, warm = (dataclasses.replace(SHUT, supply_air_degc=(degc,)) for degc in (16.0, 21.0))
    assert by_itself.evaluate(cold, damp).limit[0] == "hall-1: dew point or relative humidity max"
    assert by_itself.evaluate(warm, damp).feasible.all()


def test_states_are_doubled_where_a_hall_breathes_and_asked_together() -> None:
    there, today = breathing_plant(), weather(200.0, 12.0, 5.0)
    assert len(there.states()) == 2 * len(plant().states())
    some = there.states()[:: len(there.states()) // 12]
    for place, together in answers_for(there, some, today):
        assert together.overhead_kw == pytest.approx(there.evaluate(some[place], today).overhead_kw)


@pytest.mark.parametrize("water_degc", [5.0, 8.0, 11.0])
def test_what_condenses_agrees_with_the_law_of_wet_coils(water_degc: float) -> None:
    """A coil asked for the sensible heat that it gives by enthalpy and effectiveness condenses about as much."""
    exchanger = coil.rated_coil(0.65, 10.0, 24.0)
    ratio = float(psychrometrics.humidity_ratio(26.0, 0.55))
    answer = wet_coil.cool(wet_coil.Coil(exchanger, 12.0, 24.0), 26.0, ratio, water_degc)
    latent = wet_coil.latent_kw(exchanger, 26.0, ratio, answer.sensible_kw, 12.0)
    assert latent == pytest.approx(answer.total_kw - answer.sensible_kw, abs=0.06 * float(answer.total_kw))
    assert wet_coil.latent_kw(exchanger, 26.0, ratio, 20.0, 12.0) == 0.0  # a surface above the dew point stays dry
