"""From a plan to writes: only what is allowed, and only when it is worth a write."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from facility.points import PointIndex, Writable
from facility.records import CostBreakdown, Plan
from facility.site_file import LoadedSite
from tests.closed_loop.making import QUARTER, START
from tools.closed_loop.dispatcher import Dispatcher, allowed
from tools.closed_loop.plant import Key

WATER: Key = ("plant-1", "leaving_chilled_water_temperature_setpoint_degc")
NOTHING = CostBreakdown(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def plan_of(**schedule: tuple[float, ...]) -> Plan:
    named = {key.replace("__", ".").replace("_1", "-1", 1): values for key, values in schedule.items()}
    return Plan("p", "toy", "r", "m", START, START, QUARTER, named, {}, {}, NOTHING, NOTHING, 0.0, {})


def water_plan(*values: float) -> Plan:
    return plan_of(plant_1__leaving_chilled_water_temperature_setpoint_degc=values)


def test_a_plan_is_followed_by_its_steps_and_holds_at_its_end(toy: LoadedSite) -> None:
    plan = water_plan(9.0, 11.0)
    assert Dispatcher(toy).writes(START, plan, {WATER: 8.0}) == {WATER: 9.0}
    assert Dispatcher(toy).writes(START + timedelta(hours=9), plan, {WATER: 8.0}) == {WATER: 11.0}
    assert Dispatcher(toy).leads(plan) == {WATER}


def test_what_is_corrected_counts_in_place_of_the_plan_and_the_rest_of_the_plan_stays(toy: LoadedSite) -> None:
    air: Key = ("crah-1", "supply_air_temperature_setpoint_degc")
    plan = plan_of(
        plant_1__leaving_chilled_water_temperature_setpoint_degc=(9.0,),
        crah_1__supply_air_temperature_setpoint_degc=(22.0,),
    )
    written = Dispatcher(toy).writes(
        START, plan, {WATER: 8.0, air: 22.0}, {"crah-1.supply_air_temperature_setpoint_degc": 21.0}
    )
    assert written == {WATER: 9.0, air: 21.0}


def test_points_rest_between_writes(toy: LoadedSite) -> None:
    dispatcher, plan = Dispatcher(toy), water_plan(9.0, 11.0, 12.0)
    assert dispatcher.writes(START, plan, {WATER: 8.0})
    assert not dispatcher.writes(START + QUARTER, plan, {WATER: 9.0})  # its interval is half an hour
    assert dispatcher.writes(START + 2 * QUARTER, plan, {WATER: 9.0}) == {WATER: 12.0}


def test_what_nobody_allowed_is_not_written(toy: LoadedSite) -> None:
    locked = replace(toy, points=PointIndex(replace(point, writable=None) for point in toy.points))
    assert Dispatcher(locked).leads(water_plan(9.0)) == set()
    assert Dispatcher(locked).writes(START, water_plan(9.0), {}) == {}


def test_writes_stay_in_range_and_within_a_step(toy: LoadedSite) -> None:
    point = toy.points.one(*WATER)
    assert point is not None
    slow = replace(point, writable=Writable(7.0, 15.0, 1.0, 1800.0, "none"))
    assert allowed(slow, 10.0, 14.0) == 11.0
    assert allowed(slow, 14.5, 99.0) == 15.0
    assert allowed(slow, float("nan"), 3.0) == 7.0  # nobody knows what is in force: as planned, inside its range
    assert allowed(slow, 10.0, 10.01) is None
    assert allowed(slow, 15.0, 20.0) is None
