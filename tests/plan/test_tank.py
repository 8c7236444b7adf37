"""A chilled-water tank: against every schedule of a grid, at any price, with its ride-through, and refused when tampered with."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from facility.errors import InfeasibleError
from facility.plan.baseline import baseline
from facility.plan.case import ItCase, SiteCase
from facility.plan.deadline import Deadline
from facility.plan.decisions import LEAVING_WATER
from facility.plan.inputs import PlanInputs, PlantNow, TankNow
from facility.plan.planner import make_plan
from facility.plan.relax import relax
from facility.plan.search import Search
from facility.plan.simulate import simulate
from facility.plan.statistics import SolveStatistics
from facility.plan.tabulate import tables_of
from facility.plan.verify import PlanRejectedError, verify_plan, violations
from models.cooling import Mode
from tests.plan.toy import BATTERY, ToyPlant, series, toy_inputs, toy_plant_part, toy_site

TANK = {"id": "tank-1", "volume_m3": 40.0, "max_flow_lps": 4.0, "loss_w_per_k": 50.0, "reserve_min": 5.0}
CHARGE = "tank-1.charge_power_setpoint_kw"
MECHANICAL = ToyPlant(water_degc=(10.0,), modes=(Mode.MECHANICAL,))
PRICES = {
    "dear and cheap": [0.1, 0.5, 0.1, 0.6],
    "flat": [0.2] * 4,
    "nothing": [0.0] * 4,
    "paid to draw": [-0.2, 0.3, -0.1, 0.3],
}


class BurntSearch(Search):
    """One that has found already that no cold water is made in the third hour."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, plant in self.case.plants.items():
            self._choosers[name].forbidden[2, plant.features.leaving_water_degc == 10.0] = True


def tank_inputs(price: list[float], plant: ToyPlant = MECHANICAL, **changes: Any) -> PlanInputs:
    site = toy_site(
        float(len(price)), plants=[toy_plant_part(tank=TANK)], tariff={"energy_price_per_kwh": 0.2, **changes.pop("tariff", {})},
        **changes.pop("site", {}),
    )  # fmt: skip
    now = {"tank-1": TankNow(0.4, 10.0)}
    return replace(toy_inputs(site, plant, tanks_now=now, price_per_kwh=np.array(price)), **changes)


def cheapest_of_a_grid(inputs: PlanInputs, levels: int) -> float:
    """Try charging powers on a grid, each through simulation and verification; the state is the only one there is."""
    it = ItCase.of(inputs)
    held, value = baseline(it)
    power_kw, costs = it.thermal.tanks["tank-1"].power_kw, []
    for course in product(np.linspace(-power_kw, power_kw, levels), repeat=inputs.steps):
        run = simulate(it, replace(held.decisions, cold_kw={"tank-1": np.array(course)}), value)
        if not violations(it, run):
            costs.append(run.cost.total_cost)
    return min(costs)


@pytest.mark.parametrize("price", PRICES.values(), ids=PRICES.keys())
def test_no_schedule_of_a_grid_is_cheaper(price: list[float]) -> None:
    inputs = tank_inputs(price)
    best = cheapest_of_a_grid(inputs, 5)
    plan = make_plan(inputs).plan
    assert plan.cost.total_cost <= best + 2e-3 * abs(best) + 1e-6
    assert plan.bound <= best + 1e-6 * abs(best) + 1e-6
    verify_plan(inputs, plan)


def test_cold_is_made_while_it_is_cheap() -> None:
    charge = make_plan(tank_inputs(PRICES["dear and cheap"])).plan.schedule[CHARGE]
    assert charge[0] > 10.0
    assert charge[1] < -10.0
    assert charge[3] < -10.0


def test_nothing_moves_at_a_flat_price() -> None:
    plant = replace(MECHANICAL)
    plan = make_plan(tank_inputs([0.2] * 6, plant, it_power_kw={"hall-1": np.full(6, 200.0)})).plan
    assert np.abs(plan.schedule[CHARGE]).max() < 15.0


def test_a_demand_charge_is_shaved_with_cold() -> None:
    tariff = {"demand_charge_per_kw_month": 30.0, "demand_window_min": 60}
    inputs = tank_inputs([0.2] * 4, tariff=tariff, it_power_kw={"hall-1": np.array([200.0, 200.0, 280.0, 200.0])})
    plan = make_plan(inputs).plan
    assert plan.schedule[CHARGE][2] < -50.0
    assert max(plan.schedule["site.power_kw"]) < max(plan.baseline["site.power_kw"]) - 10.0


def test_the_plant_room_keeps_its_least_load_while_the_tank_gives() -> None:
    inputs = tank_inputs(PRICES["dear and cheap"], replace(MECHANICAL, least_kw=150.0))
    plan = make_plan(inputs).plan
    assert min(plan.schedule["plant-1.heat_kw"]) >= 150.0 - 0.1


def test_the_ride_through_is_made_up_and_named() -> None:
    inputs = replace(tank_inputs([0.2] * 6), tanks_now={"tank-1": TankNow(0.0, 10.0)})
    plan = make_plan(inputs).plan
    assert any(str(one).startswith("tank-1 reserve") for one in plan.shortfalls)
    assert plan.schedule["tank-1.cold_frac"][-1] > 0.05


def test_a_tank_gives_only_where_its_water_is_cold_enough() -> None:
    inputs = replace(
        tank_inputs(PRICES["dear and cheap"], ToyPlant(water_degc=(10.0, 12.0), modes=(Mode.MECHANICAL,))),
        tanks_now={"tank-1": TankNow(0.5, 12.0)}, plants_now={"plant-1": PlantNow(Mode.MECHANICAL, 12.0, (20.0,), 1)},
    )  # fmt: skip
    plan = make_plan(inputs).plan
    water = np.array(plan.schedule["plant-1.leaving_chilled_water_temperature_setpoint_degc"])
    given = np.array(plan.schedule[CHARGE]) < -0.1
    assert given.any()
    assert (water[given] >= 11.0).all()


def test_with_a_battery_it_costs_no_more_than_either_alone() -> None:
    battery = {"batteries": [BATTERY]}
    both = make_plan(tank_inputs(PRICES["dear and cheap"], site=battery)).plan
    alone = make_plan(tank_inputs(PRICES["dear and cheap"])).plan
    idle = replace(tank_inputs(PRICES["dear and cheap"], site=battery), tanks_now={})
    assert both.cost.total_cost <= min(alone.cost.total_cost, make_plan(idle).plan.cost.total_cost) + 1e-3


def test_a_tank_that_is_not_measured_is_left_idle_and_named() -> None:
    plan = make_plan(replace(tank_inputs(PRICES["flat"]), tanks_now={})).plan
    assert CHARGE not in plan.schedule
    assert any(note.startswith("tank-1: state of charge not measured") for note in plan.notes)


@pytest.mark.parametrize("charge_kw", [-300.0, 90.0])
def test_a_tampered_schedule_is_refused(charge_kw: float) -> None:
    inputs = tank_inputs(PRICES["dear and cheap"])
    plan = make_plan(inputs).plan
    tampered = replace(plan, schedule={**plan.schedule, CHARGE: tuple(series(inputs, charge_kw))})
    with pytest.raises(PlanRejectedError, match="tank-1"):
        verify_plan(inputs, tampered)


def test_the_lever_tells_what_the_tank_saves() -> None:
    levers = {lever.targets[0]: lever for lever in make_plan(tank_inputs(PRICES["dear and cheap"])).levers}
    assert levers[CHARGE].saving_cost_per_day.value > 0.0


def test_charging_leaves_the_spare_chiller_spare() -> None:
    chillers = toy_plant_part()["chillers"]
    rule = {"of": "plant-1", "group": "chillers", "spare": 1}
    free, ruled = (
        ItCase.of(tank_inputs(PRICES["dear and cheap"], site=site)).thermal.tanks["tank-1"]
        for site in ({}, {"redundancy": [rule]})
    )
    assert (free.most_charge_kw == free.power_kw).all()
    without_largest_kw = sum(sorted(one["rated_cooling_kw"] for one in chillers)[:-1])
    assert (ruled.most_charge_kw <= without_largest_kw).all() and (ruled.most_charge_kw < free.power_kw).any()


def test_no_spare_chiller_is_used_for_charging_where_a_plan_does_without_it() -> None:
    inputs = tank_inputs(PRICES["dear and cheap"], site={"redundancy": [{"of": "plant-1", "group": "chillers"}]})
    kept, waived = (
        ItCase.of(one).thermal.tanks["tank-1"].most_charge_kw
        for one in (inputs, replace(inputs, spare_waived={"plant-1 chillers": "no plan found with it"}))
    )
    assert (waived == kept).all()


def test_an_hour_that_does_not_bear_charging_leaves_it_to_the_others() -> None:
    """Racks alone want warmer water than the tank, which is empty and has a ride-through to make up."""
    plant = ToyPlant(water_degc=(10.0, 12.0), modes=(Mode.MECHANICAL,))
    inputs = replace(
        tank_inputs([0.1] * 4 + [0.9] * 2, plant, it_power_kw={"hall-1": np.full(6, 100.0)}),
        tanks_now={"tank-1": TankNow(0.0, 12.0)}, plants_now={"plant-1": PlantNow(Mode.MECHANICAL, 12.0, (20.0,), 1)},
    )  # fmt: skip
    it = ItCase.of(inputs)
    case = replace(SiteCase.of(it, tables_of(it), baseline(it)[1]), cold_degc={"tank-1": 10.0})
    relaxed, bound = relax(case, 20.0)
    found = BurntSearch(case, SolveStatistics(bound=bound), Deadline(60.0), polish_gap=np.inf).run(relaxed)
    charge_kw = found.run.decisions.cold_kw["tank-1"]
    assert charge_kw[[0, 1, 3]].min() > 10.0
    assert charge_kw[2] <= 1.0


@pytest.mark.parametrize("wet_bulb", [[12.0, 12.0, 3.0, 3.0], [12.0] * 4], ids=["some hours", "all hours"])
def test_hours_in_which_the_plant_has_no_state_are_named_with_a_tank_too(wet_bulb: list[float]) -> None:
    free = ToyPlant(water_degc=(8.0, 10.0), modes=(Mode.FREE,))
    now = {"plant-1": PlantNow(Mode.FREE, 10.0, (20.0,), 0)}
    with pytest.raises(InfeasibleError, match="free cooling wet bulb"):
        make_plan(tank_inputs([0.2] * 4, free, plants_now=now, wet_bulb_degc=np.array(wet_bulb)))


def test_other_setpoints_are_priced_with_the_tank_charging_as_planned() -> None:
    plan = make_plan(tank_inputs(PRICES["dear and cheap"], replace(MECHANICAL, water_degc=(10.0, 10.4)))).plan
    assert plan.schedule[CHARGE][0] > 10.0
    heat, water = (plan.schedule[f"plant-1.{name}"][0] for name in ("heat_kw", LEAVING_WATER))
    assert plan.explanation is not None
    (other,) = [one for one in plan.explanation.alternatives if one.quantity == LEAVING_WATER]
    warmer_kw = 0.4 * (0.2e-4 * heat**2 - 0.01 * heat)  # by the toy's law
    assert other.extra_kw == pytest.approx(warmer_kw if water < other.value else -warmer_kw)
