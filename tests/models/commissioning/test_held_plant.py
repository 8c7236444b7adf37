"""A plant with every setpoint held answers with the signs that physics has, and agrees with the plan's answer where both can."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from models.commissioning.held_plant import (
    CONDENSER_WATER,
    FAN_SPEED,
    LEAVING_WATER,
    SECONDARY_FLOW,
    SECONDARY_SUPPLY,
    SUPPLY_AIR,
    Held,
    HeldAnswer,
    held_answer,
)
from models.cooling import JointState, Load, Mode
from models.hall_air import Hall
from models.nameplate import Cdu, Chiller, Crah, LiquidLoop, Pump, Tower, WatersideEconomizer
from models.plant_model import CoolingPlant
from models.rack_inlet import RackInlets

PLANT = CoolingPlant(
    plant_id="plant-1",
    hall_parts=(Hall("hall-1", (Crah("crah-1", 16.0, 10.0, 200.0),), RackInlets.prior(["a1", "a2"])),),
    loop_parts=(LiquidLoop("loop-1", (Cdu("cdu-1", 240.0, 7.0, 3.4), Cdu("cdu-2", 240.0, 7.0, 3.4))),),
    chillers=(Chiller("chiller-1", 600.0, 5.6),),
    towers=(Tower("tower-1", 720.0, 15.0, 30.0),),
    pumps=(Pump("chw", "chilled_water", 18.0, 11.0), Pump("cw", "condenser_water", 35.0, 11.0)),
    economizer=WatersideEconomizer("wse-1", 500.0),
)
HELD = Held(
    Mode.MECHANICAL,
    1,
    {
        ("hall-1", SUPPLY_AIR): 20.0,
        ("hall-1", FAN_SPEED): 0.8,
        ("loop-1", SECONDARY_SUPPLY): 25.0,
        ("loop-1", SECONDARY_FLOW): 6.0,
        ("plant-1", LEAVING_WATER): 13.0,
        ("plant-1", CONDENSER_WATER): 24.0,
    },
)
LOAD = Load(np.array([[170.0]]), np.array([[350.0]]), np.array([18.0]), np.array([12.0]))


def answer(held: Held = HELD, load: Load = LOAD) -> HeldAnswer:
    return held_answer(PLANT, held, load)


def test_less_airflow_saves_fan_power_and_warms_the_racks() -> None:
    slow = answer(HELD.moved("hall-1", FAN_SPEED, 0.7))
    assert slow.power_kw["crah_fan.hall-1"] == pytest.approx(answer().power_kw["crah_fan.hall-1"] * (0.7 / 0.8) ** 3)
    assert slow.hottest_degc["hall-1"] > answer().hottest_degc["hall-1"]


def test_warmer_supply_air_warms_the_racks_alike_and_their_fans_take_no_less() -> None:
    warm = answer(HELD.moved("hall-1", SUPPLY_AIR, 22.0))
    rise = warm.hottest_degc["hall-1"] - answer().hottest_degc["hall-1"]
    assert float(rise[0]) == pytest.approx(2.0, abs=0.1)
    assert warm.server_fan_kw["hall-1"] > answer().server_fan_kw["hall-1"]
    assert warm.power_kw["chilled_pump"] < answer().power_kw["chilled_pump"]


def test_colder_condenser_water_takes_tower_fans_and_saves_the_compressor() -> None:
    cold = answer(HELD.moved("plant-1", CONDENSER_WATER, 20.0))
    assert cold.power_kw["chiller"] < answer().power_kw["chiller"]
    assert cold.power_kw["tower"] > answer().power_kw["tower"]


def test_what_the_towers_do_not_reach_changes_nothing() -> None:
    muggy = dataclasses.replace(LOAD, wet_bulb_degc=np.array([24.0]))
    one, other = (answer(HELD.moved("plant-1", CONDENSER_WATER, degc), muggy) for degc in (17.0, 18.0))
    assert one.cooling_kw == pytest.approx(other.cooling_kw)


def test_less_flow_through_the_cdus_saves_their_pumps_and_asks_for_more_facility_water() -> None:
    slow = answer(HELD.moved("loop-1", SECONDARY_FLOW, 4.5))
    assert slow.power_kw["cdu_pump.loop-1"] < answer().power_kw["cdu_pump.loop-1"]
    warm = answer(HELD.moved("loop-1", SECONDARY_SUPPLY, 28.0))
    assert warm.power_kw["chilled_pump"] < answer().power_kw["chilled_pump"]


@pytest.mark.parametrize("mode", [Mode.PARTIAL, Mode.FREE])
def test_an_economizer_saves_the_compressor(mode: Mode) -> None:
    cold = dataclasses.replace(LOAD, wet_bulb_degc=np.array([0.0]))
    held = dataclasses.replace(
        HELD.moved("plant-1", CONDENSER_WATER, 8.0).moved("plant-1", LEAVING_WATER, 14.0), mode=mode
    )
    mechanical = dataclasses.replace(held, mode=Mode.MECHANICAL)
    assert answer(held, cold).power_kw["chiller"] < answer(mechanical, cold).power_kw["chiller"]


def test_the_plan_at_its_own_choice_is_the_same_plant() -> None:
    state = JointState(Mode.MECHANICAL, 8.0, (20.0,), 1)
    chosen = PLANT.evaluate(state, LOAD)
    assert chosen.feasible.all()
    held = Held(
        Mode.MECHANICAL,
        1,
        {
            ("hall-1", SUPPLY_AIR): 20.0,
            ("hall-1", FAN_SPEED): float(chosen.fan_speed_frac[0, 0]),
            ("loop-1", SECONDARY_SUPPLY): float(chosen.secondary_supply_degc[0, 0]),
            ("loop-1", SECONDARY_FLOW): float(chosen.secondary_flow_lps[0, 0]) / 2,
            ("plant-1", LEAVING_WATER): 8.0,
            ("plant-1", CONDENSER_WATER): float(chosen.condenser_water_degc[0]),
        },
    )
    same = answer(held)
    assert same.hottest_degc["hall-1"] == pytest.approx(chosen.inlet_max_degc[:, 0])
    extra = chosen.server_fan_kw.sum(axis=1)
    assert same.cooling_kw + same.server_fan_kw["hall-1"] == pytest.approx(chosen.overhead_kw, rel=0.01)
    assert same.server_fan_kw["hall-1"] == pytest.approx(extra)
