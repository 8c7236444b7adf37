"""A plant learned from a history frame: what qualifies goes to work, what is missing is named on its card."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from models import chiller, fan, pump
from models.cooling import JointState, Mode
from models.heat_exchanger import AIR_KJ_PER_M3K, WATER_KJ_PER_LK
from models.history_rows import needed_columns
from models.plant_model import CoolingPlant
from models.scaled_loads import loads_at
from models.site_fit import PlantFit, fit_plant, hall_columns
from tests.models.small_plant import RACKS, load, plant

DAYS = 8


def measured() -> CoolingPlant:
    """The small plant under ids as a site file gives them."""
    hall = plant().hall_parts[0]
    crahs = tuple(dataclasses.replace(crah, id=f"crah-{i}") for i, crah in enumerate(hall.crahs, 1))
    return dataclasses.replace(plant(), hall_parts=(dataclasses.replace(hall, crahs=crahs),))


def history() -> pd.DataFrame:
    """Readings of a plant whose machines differ from their nameplates by a tenth or two."""
    size = DAYS * 96
    noise = np.random.default_rng(4)
    clock = np.arange(size)
    daily = np.sin(clock / 96 * 2 * np.pi)
    air, liquid = 190 + 40 * daily + noise.normal(0, 4, size), 160 + 20 * daily
    speed = np.where((clock // 70) % 2, 0.75, 0.55)
    supply = np.where((clock // 110) % 2, 22.0, 20.0) + noise.normal(0, 0.05, size)
    leaving = np.where((clock // 130) % 2, 12.0, 10.0) + noise.normal(0, 0.05, size)
    wet_bulb = 14 + 4 * daily + noise.normal(0, 0.5, size)
    columns: dict[str, np.ndarray] = {"weather.outdoor_wet_bulb_degc": wet_bulb}
    for i in range(1, 7):
        columns[f"crah-{i}.fan_speed_frac"] = speed
        columns[f"crah-{i}.fan_power_kw"] = 1.15 * fan.power_kw(speed, 3.6, 2.8) + noise.normal(0, 0.01, size)
        columns[f"crah-{i}.supply_air_temperature_degc"] = supply
        columns[f"crah-{i}.supply_air_temperature_setpoint_degc"] = np.round(supply)
        columns[f"crah-{i}.fan_speed_setpoint_frac"] = speed
    rise = air / (speed * 33.0 * AIR_KJ_PER_M3K)
    for k, rack in enumerate(RACKS):
        columns[f"{rack}.power_kw"] = air / len(RACKS)
        columns[f"{rack}.inlet_temperature_degc"] = supply + 0.2 + (0.02 + 0.01 * k) * rise + noise.normal(0, 0.1, size)
    flow = (air + liquid) / (WATER_KJ_PER_LK * 6.0)
    condenser = np.maximum(wet_bulb + 5.0, 16.0)
    compressor = 1.2 * chiller.power_kw(
        WATER_KJ_PER_LK * flow * 6.0, leaving, condenser, rated_cooling_kw=600.0, rated_cop=5.6
    ) + noise.normal(0, 0.5, size)
    columns |= {
        "plant-1.leaving_chilled_water_temperature_degc": leaving,
        "plant-1.leaving_chilled_water_temperature_setpoint_degc": np.full(size, 12.0),
        "plant-1.entering_chilled_water_temperature_degc": leaving + 6.0,
        "plant-1.chilled_water_flow_lps": flow,
        "plant-1.condenser_water_flow_lps": np.full(size, 30.0),
        "plant-1.entering_condenser_water_temperature_degc": condenser,
        "chiller-1.power_kw": compressor,
        "chiller-2.power_kw": np.full(size, 0.2),
        "chiller-1.entering_chilled_water_temperature_degc": leaving + 6.0,
        "chiller-2.entering_chilled_water_temperature_degc": leaving + 3.0,
        "chw.power_kw": 0.85 * pump.power_kw(flow / 30.0, 11.0) + noise.normal(0, 0.02, size),
        "tower-1.power_kw": 2.0 + 1.5 * daily + noise.normal(0, 0.1, size),
        "tower-2.power_kw": 2.0 + 1.5 * daily + noise.normal(0, 0.1, size),
    }
    times = pd.date_range("2026-04-01", periods=size, freq="15min", tz="UTC")
    return pd.DataFrame(columns, index=times)


@pytest.fixture(scope="module")
def fit() -> PlantFit:
    return fit_plant(measured(), history())


def test_what_differs_from_its_nameplate_is_learned(fit: PlantFit) -> None:
    cards = {card.name: card for card in fit.cards}
    for name in ("hall-1.rack_inlets", "plant-1.chiller", "plant-1.chilled_pump", "plant-1.crah_fan.hall-1"):
        assert cards[name].qualified, cards[name].reason


def test_fans_that_have_been_metered_for_an_hour_learn_from_those_of_the_other_hall() -> None:
    hall = measured().hall_parts[0]
    new = [dataclasses.replace(crah, id=f"crah-{i}") for i, crah in enumerate(hall.crahs, 11)]
    two = dataclasses.replace(measured(), hall_parts=(hall, dataclasses.replace(hall, id="hall-2", crahs=tuple(new))))
    frame = history()
    for i in range(1, 7):
        for quantity in ("fan_speed_frac", "fan_power_kw"):
            frame[f"crah-{i + 10}.{quantity}"] = frame[f"crah-{i}.{quantity}"].where(
                np.arange(len(frame)) >= len(frame) - 4
            )
    card = next(card for card in fit_plant(two, frame).cards if card.name == "plant-1.crah_fan.hall-2")
    assert card.qualified, card.reason
    assert "siblings" in card.method
    assert f"left out: {len(frame) - 4} rows, gaps in prior_kw, power_kw" in card.notes[-1]


def test_missing_columns_and_still_setpoints_are_named(fit: PlantFit) -> None:
    cards = {card.name: card for card in fit.cards}
    assert "cw.power_kw is not in the history" in cards["plant-1.condenser_pump"].reason
    assert "cdu-1.pump_power_kw is not in the history" in cards["plant-1.cdu_pump.loop-1"].reason
    assert "cdu_pump.loop-1" not in fit.components
    assert cards["plant-1.chiller"].notes == (
        "leaving_chilled_water_temperature_setpoint_degc of plant-1 constant at 12 °C for 8 days: "
        "its effect cannot be learned",
    )


def test_the_learned_plant_answers_with_what_it_learned(fit: PlantFit) -> None:
    nameplate, state = measured(), JointState(Mode.MECHANICAL, 11.0, (21.0,), 1)
    learned, conditions = fit.apply_to(measured()), load(200.0, 160.0, 14.0)
    before, after = nameplate.evaluate(state, conditions), learned.evaluate(state, conditions)
    assert after.chiller_kw[0] / before.chiller_kw[0] == pytest.approx(1.2, abs=0.06)
    assert after.inlet_margin_k[0, 0] < before.inlet_margin_k[0, 0]
    assert after.condenser_pump_kw[0] == before.condenser_pump_kw[0]  # no data: the law
    far = learned.evaluate(state, load(60.0, 40.0, 14.0))
    assert far.extrapolated.all()


def test_every_column_asked_for_is_a_point_id() -> None:
    asked = {name for names in needed_columns(measured()).values() for name in names} | set(
        hall_columns(measured(), "hall-1")
    )
    assert all(name.count(".") == 1 and name == name.lower() for name in asked)


def test_no_history_at_all_leaves_the_nameplate() -> None:
    empty = fit_plant(measured(), history().iloc[:0])
    assert not empty.inlets
    assert not empty.components
    assert all(not card.qualified and card.reason for card in empty.cards)
    assert empty.apply_to(measured()).corrections == {}


def test_learned_states_stay_smooth_enough_to_tabulate(fit: PlantFit) -> None:
    """Corrections act before the fan speed is chosen and meet the law at the edge of the data: no jumps along the heat."""
    expected = load([200.0], 160.0, 14.0)
    state = JointState(Mode.MECHANICAL, 11.0, (21.0,), 1)
    heats = np.linspace(180.0, 480.0, 200)[None]
    power = fit.apply_to(measured()).evaluate(state, loads_at(expected, heats))
    assert power.extrapolated.any()
    assert power.feasible.all()
    assert np.abs(np.diff(power.overhead_kw)).max() < 1.5
