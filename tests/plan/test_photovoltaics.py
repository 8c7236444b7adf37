"""Photovoltaics that a plan may hold down, export limits, and a battery that charges from the sun alone."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from facility.plan.inputs import PlanInputs
from facility.plan.planner import make_plan
from facility.plan.verify import PlanRejectedError, verify_plan
from facility.records import Plan
from models.cooling import Mode
from tests.plan.enumeration import cheapest, prepared
from tests.plan.toy import BATTERY, ToyPlant, toy_inputs, toy_site

PLANT = ToyPlant(water_degc=(11.0,), modes=(Mode.MECHANICAL,))
SUN = np.array([0.0, 150.0, 400.0, 120.0])
LIMIT = "pv-1.power_limit_setpoint_kw"


def sunny(
    price: float | list[float] = 0.2,
    tariff: dict[str, Any] | None = None,
    export_limit_kw: float | None = None,
    batteries: list[dict[str, Any]] | None = None,
    *,
    curtailable: bool = True,
) -> PlanInputs:
    electrical = toy_site(4.0).electrical.model_dump(exclude_none=True)
    electrical |= {} if export_limit_kw is None else {"export_limit_kw": export_limit_kw}
    array = {"id": "pv-1", "rated_kw": 450.0, "curtailable": curtailable}
    site = toy_site(
        4.0, photovoltaics=[array], electrical=electrical, batteries=batteries or [],
        tariff={"energy_price_per_kwh": 0.2} | (tariff or {}),
    )  # fmt: skip
    produced: dict[str, Any] = {"available_kw": {"pv-1": SUN}} if curtailable else {"produced_kw": SUN}
    return toy_inputs(site, PLANT, price_per_kwh=np.broadcast_to(price, 4).astype(float), **produced)


def test_sun_that_may_not_leave_the_site_is_held_down_and_no_more_than_that() -> None:
    inputs = sunny()
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    limit = np.array(plan.schedule[LIMIT])
    assert limit[[0, 1, 3]].tolist() == [450.0] * 3  # nothing held down: more sun than expected is welcome
    assert 200.0 < limit[2] < 300.0
    assert plan.schedule["site.power_kw"][2] == pytest.approx(0.0, abs=0.05)
    assert plan.schedule["site.photovoltaic_power_kw"][2] == pytest.approx(limit[2])
    assert plan.baseline["site.power_kw"][2] == pytest.approx(0.0, abs=0.05)  # as the inverters would by themselves


def test_sun_that_nobody_may_hold_down_is_named_with_its_surplus() -> None:
    """Two hours ahead: until then there is a plan."""
    (unmet,) = make_plan(sunny(curtailable=False)).plan.unmet
    assert re.match(r"utility no export short by 1[0-9]{2} kW at 2026-04-14 08:00", str(unmet))


def test_the_export_limit_holds_although_export_pays() -> None:
    priced: dict[str, Any] = {
        "tariff": {"export_price_per_kwh": 0.1},
        "price": [0.2, 0.2, 0.2, 0.4],
        "batteries": [BATTERY],
    }
    free = make_plan(sunny(**priced)).plan
    inputs = sunny(**priced, export_limit_kw=30.0)
    held = make_plan(inputs).plan
    assert min(free.schedule["site.power_kw"]) < -50.0
    assert min(held.schedule["site.power_kw"]) == pytest.approx(-30.0, abs=0.05)
    assert held.limit_prices["utility export limit"] == pytest.approx(0.1, rel=0.05)
    tight = sunny(**priced, export_limit_kw=20.0)
    with pytest.raises(PlanRejectedError, match="utility export limit short by 10 kW"):
        verify_plan(tight, held)


def test_a_kwh_that_costs_money_to_get_rid_of_is_not_produced() -> None:
    plan = make_plan(sunny(price=[0.2, -0.1, -0.1, 0.2], tariff={"export_price_per_kwh": 0.0})).plan
    assert np.array(plan.schedule[LIMIT])[1:3].tolist() == pytest.approx([0.0, 0.0], abs=1e-3)
    assert plan.gap < 0.01


def test_at_no_price_at_all_nothing_is_held_down() -> None:
    plan = make_plan(sunny(price=[0.2, 0.0, 0.2, 0.2], tariff={"export_price_per_kwh": 0.0})).plan
    assert plan.schedule[LIMIT][1] == 450.0


@pytest.mark.parametrize("price", [[0.2, 0.1, 0.1, 0.4], [0.2, 0.0, -0.2, 0.4]])
def test_sun_and_battery_together_are_the_best_of_a_grid_of_schedules(price: list[float]) -> None:
    inputs = sunny(price=price, tariff={"export_price_per_kwh": 0.02}, batteries=[BATTERY])
    best = cheapest(prepared(inputs), {"b-1": [-60.0, 0.0, 60.0]}, {"pv-1": [0.0, 450.0]})
    plan = make_plan(inputs).plan
    assert plan.cost.total_cost <= best + 1e-6
    assert plan.bound <= best + 1e-6
    assert plan.gap < 2e-3


def test_a_battery_that_charges_from_the_sun_alone_waits_for_it() -> None:
    empty: dict[str, Any] = {"state_of_charge_frac": {"b-1": 0.3}}
    prices = [0.05, 0.3, 0.3, 0.5]
    anyhow = replace(sunny(price=prices, batteries=[BATTERY]), **empty)
    sun = replace(sunny(price=prices, batteries=[{**BATTERY, "charges_from": "photovoltaics"}]), **empty)
    charged = {name: _charge(make_plan(inputs).plan) for name, inputs in (("any", anyhow), ("sun", sun))}
    assert charged["any"][0] > 30.0
    assert charged["sun"][0] <= 0.05
    assert charged["sun"][2] > 30.0


def test_a_reserve_is_brought_back_by_night_too() -> None:
    inputs = replace(sunny(batteries=[{**BATTERY, "charges_from": "photovoltaics"}]), state_of_charge_frac={"b-1": 0.1})
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    assert [short.limit for short in plan.shortfalls] == ["b-1 reserve"]
    assert plan.schedule["b-1.state_of_charge_frac"][0] * 200.0 >= 200.0 / 6.0 / 0.95 - 0.05  # ten minutes at 200 kW


def test_no_more_than_the_reserve_is_brought_back_by_night() -> None:
    """However little the first hour costs: what is beyond the reserve would be charged to be sold again."""
    inputs = sunny(price=[0.01, 0.5, 0.5, 0.6], batteries=[{**BATTERY, "charges_from": "photovoltaics"}])
    flat_kw = {"hall-1": np.full(4, 200.0)}
    inputs = replace(inputs, available_kw={"pv-1": np.zeros(4)}, it_power_kw=flat_kw, state_of_charge_frac={"b-1": 0.1})
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    reserve_kwh = 200.0 / 6.0 / 0.95  # ten minutes at 200 kW
    assert max(plan.schedule["b-1.state_of_charge_frac"]) * 200.0 < 1.1 * reserve_kwh


def test_a_reserve_that_grows_by_night_is_kept() -> None:
    batteries = [{**BATTERY, "charges_from": "photovoltaics"}]
    load_kw = {"hall-1": np.array([150.0, 180.0, 200.0, 200.0])}
    held_frac = 1.01 * 150.0 / 6.0 / 0.95 / 200.0
    inputs = replace(sunny(batteries=batteries), it_power_kw=load_kw, available_kw={"pv-1": np.zeros(4)})
    inputs = replace(inputs, state_of_charge_frac={"b-1": held_frac})
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    assert plan.unmet == ()
    assert plan.schedule["b-1.state_of_charge_frac"][3] * 200.0 >= 200.0 / 6.0 / 0.95 - 0.05


def test_charging_from_the_grid_is_refused_where_the_sun_alone_may_charge() -> None:
    inputs = sunny(batteries=[{**BATTERY, "charges_from": "photovoltaics"}])
    plan = make_plan(inputs).plan
    series = (20.0, *plan.schedule["b-1.charge_power_setpoint_kw"][1:])
    with pytest.raises(PlanRejectedError, match="b-1 charge from photovoltaics short by 20 kW"):
        verify_plan(inputs, replace(plan, schedule={**plan.schedule, "b-1.charge_power_setpoint_kw": series}))


def test_a_limit_beyond_the_array_is_refused() -> None:
    inputs = sunny()
    plan = make_plan(inputs).plan
    series = (500.0, *plan.schedule[LIMIT][1:])
    with pytest.raises(PlanRejectedError, match="pv-1 power limit short by 50 kW"):
        verify_plan(inputs, replace(plan, schedule={**plan.schedule, LIMIT: series}))


def _charge(plan: Plan) -> np.ndarray:
    return np.array(plan.schedule["b-1.charge_power_setpoint_kw"])
