"""The baselines on the toy: fixed setpoints, requests that move them, and what cannot be seen moves nothing."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from facility.site_file import LoadedSite
from tests.closed_loop.making import START
from tools.closed_loop.baselines import GoodPractice, as_commissioned, trim_and_respond
from tools.closed_loop.plant import Key

WATER: Key = ("plant-1", "leaving_chilled_water_temperature_setpoint_degc")
CONDENSER: Key = ("plant-1", "condenser_water_temperature_setpoint_degc")
SUPPLY: Key = ("crah-1", "supply_air_temperature_setpoint_degc")
RACKS = ("r1", "r2", "r3", "r4")


def seen(inlet_degc: float, valve_frac: float = 0.5) -> dict[Key, float]:
    return {
        **{(rack, "inlet_temperature_degc"): inlet_degc for rack in RACKS},
        **{(crah, "valve_position_frac"): valve_frac for crah in ("crah-1", "crah-2")},
        ("weather", "outdoor_wet_bulb_degc"): 12.0,
    }


def settled(controller: GoodPractice, measured: dict[Key, float], decisions: int = 60) -> list[dict[Key, float]]:
    return [dict(controller.decide(START + number * timedelta(minutes=5), measured)) for number in range(decisions)]


def test_trim_a_little_and_respond_by_the_number_of_requests() -> None:
    assert trim_and_respond(0, trim=0.1, respond=-0.2, most=-0.6) == 0.1
    assert trim_and_respond(2, trim=0.1, respond=-0.2, most=-0.6) == -0.4
    assert trim_and_respond(9, trim=0.1, respond=-0.2, most=-0.6) == -0.6
    assert trim_and_respond(2, trim=0.1, respond=-0.2, most=-0.6, ignored=2) == 0.1


def test_as_commissioned_is_cold_and_sets_only_what_there_is(toy: LoadedSite) -> None:
    setpoints = as_commissioned(toy).setpoints
    assert (setpoints[SUPPLY], setpoints[WATER]) == (19.0, 8.0)
    assert setpoints["pool-1", "awake_servers_command"] == 100.0
    assert all(toy.points.one(*key) is not None for key in setpoints)


def test_cool_racks_let_supply_air_rise_and_warm_ones_bring_it_down(toy: LoadedSite) -> None:
    cool = [said[SUPPLY] for said in settled(GoodPractice(toy), seen(22.0))]
    assert cool[-1] > cool[0] + 3.0
    assert max(later - earlier for earlier, later in pairwise(cool)) == pytest.approx(0.2)
    controller = GoodPractice(toy)
    settled(controller, seen(22.0))
    assert settled(controller, seen(28.0))[-1][SUPPLY] < cool[-1]


def test_open_valves_ask_for_colder_water(toy: LoadedSite) -> None:
    warm = settled(GoodPractice(toy), seen(22.0, valve_frac=0.5))[-1][WATER]
    cold = settled(GoodPractice(toy), seen(22.0, valve_frac=1.0))[-1][WATER]
    assert cold < 8.0 < warm


def test_condenser_water_follows_the_wet_bulb_and_keeps_the_chillers_limit(toy: LoadedSite) -> None:
    measured = seen(22.0)
    assert settled(GoodPractice(toy), measured, 1)[0][CONDENSER] == 17.0  # 12 and an approach of 4 is too cold by 1 K
    assert settled(GoodPractice(toy), measured | {("weather", "outdoor_wet_bulb_degc"): 20.0}, 1)[0][CONDENSER] == 24.0


def test_what_cannot_be_seen_moves_nothing(toy: LoadedSite) -> None:
    said = settled(GoodPractice(toy), {})
    assert said[-1] == said[0] == dict(as_commissioned(toy).setpoints)


def test_it_goes_on_from_what_others_put_in_force(toy: LoadedSite) -> None:
    controller = GoodPractice(toy)
    controller.adopt({WATER: 12.0, ("elsewhere", "x"): 1.0})
    assert controller.decide(START, {})[WATER] == 12.0
