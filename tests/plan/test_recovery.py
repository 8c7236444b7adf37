"""A measured state outside its limits is accepted as it is, named, and brought back monotonically."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from facility.plan.hall import approach
from facility.plan.inputs import PlantNow
from facility.plan.planner import make_plan
from facility.plan.verify import PlanRejectedError, verify_plan
from models.cooling import Mode
from models.plant_model import CoolingPlant
from tests.plan.toy import BATTERY, POOL, WORK, ToyPlant, toy_inputs, toy_plant_part, toy_site
from tools.bench.plan_instance import demo_inputs

WATER = "plant-1.leaving_chilled_water_temperature_setpoint_degc"


def test_leaving_water_measured_far_above_its_range_comes_back_at_the_ramp() -> None:
    inputs = toy_inputs(toy_site(8.0), plants_now={"plant-1": PlantNow(Mode.MECHANICAL, 19.0, (20.0,), 1)})
    plan = make_plan(inputs).plan
    water = plan.schedule[WATER]
    assert water[:3] == (17.0, 15.0, 13.0)  # 2 K a step
    assert all(later <= earlier for earlier, later in pairwise(water[:4]))
    (shortfall,) = plan.shortfalls
    assert shortfall.limit == "plant-1 setpoints measured beyond the reach of one step"
    assert (shortfall.amount, shortfall.unit) == (5.0, "K")  # 12 is the nearest state: 7 K away, 2 K reachable
    verify_plan(inputs, plan)


def test_a_recovery_that_dawdles_is_refused() -> None:
    inputs = toy_inputs(toy_site(8.0), plants_now={"plant-1": PlantNow(Mode.MECHANICAL, 19.0, (20.0,), 1)})
    plan = make_plan(inputs).plan
    slow = (18.5, *plan.schedule[WATER][1:])
    with pytest.raises(PlanRejectedError, match="recovery slower than its ramps"):
        verify_plan(inputs, replace(plan, schedule={**plan.schedule, WATER: slow}))


@pytest.mark.parametrize("start_frac", [0.01, 1.04])
def test_a_state_of_charge_outside_its_limits_is_named_and_comes_back(start_frac: float) -> None:
    battery = {**BATTERY, "reserve_min": 10.0}
    inputs = toy_inputs(toy_site(6.0, batteries=[battery]), state_of_charge_frac={"b-1": start_frac})
    plan = make_plan(inputs).plan
    charge = np.array(plan.schedule["b-1.state_of_charge_frac"])
    (shortfall,) = plan.shortfalls
    assert shortfall.unit == "kWh"
    if start_frac > 1.0:
        assert shortfall.limit == "b-1 capacity"
        assert charge[0] <= 1.0 + 1e-6
    else:
        assert shortfall.limit == "b-1 reserve"
        assert charge[0] * 200.0 >= 0.01 * 200.0 + 0.5 * 60.0 * 0.95 - 1e-3 or charge[0] * 200.0 >= 200.0 / 6.0


def test_servers_missing_now_are_woken_at_once_and_named() -> None:
    inputs = toy_inputs(toy_site(4.0, server_pools=[POOL]), awake_servers={"pool-1": 100.0})
    plan = make_plan(inputs).plan
    assert plan.schedule["pool-1.awake_servers_command"][0] >= 180.0  # 150 busy with 20 % headroom
    assert [(s.limit, s.amount) for s in plan.shortfalls] == [("pool-1 headroom", 80.0)]


def test_late_work_is_named_and_done_as_fast_as_it_can_be() -> None:
    site = toy_site(8.0, server_pools=[POOL], deferrable_work=[WORK])
    inputs = toy_inputs(
        site, backlog_kwh={"batch": 150.0}
    )  # four hours at 40 kW are 160 kWh, with 10 more an hour coming
    plan = make_plan(inputs).plan
    assert plan.schedule["batch.deferrable_power_command_kw"][:3] == pytest.approx([36.0, 40.0, 40.0], abs=1e-3)
    # 36 kW is what the 120 servers awake beyond the headroom can do in the first hour
    (shortfall,) = plan.shortfalls
    assert shortfall.limit == "batch due time"
    assert shortfall.amount > 10.0


def test_without_an_economizer_there_is_nothing_to_switch() -> None:
    part = toy_plant_part(economizer=None)
    inputs = toy_inputs(toy_site(6.0, plants=[part]), ToyPlant(modes=(Mode.MECHANICAL,)))
    plan = make_plan(inputs).plan
    assert set(plan.modes["plant-1"]) == {"mechanical"}


@pytest.mark.parametrize("step", [0.5, 2.0, 50.0])
def test_approach_is_monotone_and_never_passes_its_target(step: float) -> None:
    path = approach(10.0, [20.0] * 12, step)
    assert (np.diff(np.concatenate([[10.0], path])) <= step + 1e-12).all()
    assert (np.diff(path) >= 0.0).all()
    assert path.max() <= 20.0


@pytest.mark.parametrize("mode", [Mode.PARTIAL, Mode.FREE])
def test_an_economizer_locked_out_while_it_runs_leaves_a_plan_without_it(mode: Mode) -> None:
    inputs = demo_inputs(6.0)
    (plant,) = inputs.plants
    assert isinstance(plant, CoolingPlant)
    now = PlantNow(mode, 8.0, (20.0, 20.0, 20.0), int(mode is Mode.PARTIAL))
    plan = make_plan(replace(inputs, plants=[replace(plant, economizer=None)], plants_now={plant.plant_id: now})).plan
    assert set(plan.modes[plant.plant_id]) == {"mechanical"}


def test_a_reserve_holds_although_the_pieces_of_the_losses_read_low() -> None:
    pdu = {"id": "pdu-1", "hall": "hall-1", "rated_kw": 400.0, "no_load_kw": 0.5, "square_frac": 0.05}
    long_reserve = BATTERY | {"energy_kwh": 800.0, "power_kw": 150.0, "reserve_min": 120.0}
    electrical = toy_site(1.0).electrical.model_dump() | {"pdus": [pdu]}
    site = toy_site(
        6.0, electrical=electrical, batteries=[long_reserve], server_pools=[POOL | {"consolidate": False}],
        deferrable_work=[WORK | {"max_power_kw": 35.0}],
    )  # fmt: skip
    price = np.array([0.1, 0.6, 0.6, 0.6, 0.1, 0.1])
    inputs = toy_inputs(site, state_of_charge_frac={"b-1": 0.8}, price_per_kwh=price)
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    assert min(plan.schedule["b-1.state_of_charge_frac"]) < 0.7  # emptied as far as it may be
    assert plan.cost.total_cost < plan.baseline_cost.total_cost
