"""Where a plan splits heat otherwise than was forecast, and a state bears less of that than its table says, a plan is found."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from facility.errors import NoPlanFoundError
from facility.plan.inputs import PlanInputs, PlantNow
from facility.plan.planner import make_plan
from facility.plan.verify import verify_plan
from models.cooling import JointState, Load, Mode, PlantResponse
from tests.plan.test_tank import tank_inputs
from tests.plan.toy import CRAH, POOL, WORK, ToyPlant, toy_inputs, toy_site

CHEAP_ONCE = [0.5, 0.1, 0.5, 0.5]
WORK_KW = "batch.deferrable_power_command_kw"


@dataclass(frozen=True)
class SplitPlant(ToyPlant):
    """Two halls, of which the second is cooled only so far."""

    halls: tuple[str, ...] = ("hall-1", "hall-2")
    most_kw: float = 130.0

    def states(self) -> tuple[JointState, ...]:
        return tuple(replace(state, supply_air_degc=(20.0, 20.0)) for state in super().states())

    def evaluate(self, state: JointState, load: Load) -> PlantResponse:
        answer = super().evaluate(state, load)
        limit = np.where(load.it_air_kw[:, 1] > self.most_kw, "hall-2: coil capacity", answer.limit)
        return replace(answer, feasible=limit == "", limit=limit)


@dataclass(frozen=True)
class NarrowPlant(ToyPlant):
    """The hotter the racks, the less its pumps can charge a tank beside them."""

    def evaluate(self, state: JointState, load: Load) -> PlantResponse:
        answer, charge_kw = super().evaluate(state, load), np.zeros(1) if load.direct_kw is None else load.direct_kw
        beyond = charge_kw > 100.0 - 2.0 * np.maximum(load.it_air_kw[:, 0] - 200.0, 0.0)
        limit = np.where(beyond, "plant-1: chilled-water flow max", answer.limit)
        return replace(answer, feasible=limit == "", limit=limit)


@dataclass(frozen=True)
class StiffPlant(ToyPlant):
    """Outdoor air takes most of the heat: a tank may hardly give."""

    def evaluate(self, state: JointState, load: Load) -> PlantResponse:
        answer, charge_kw = super().evaluate(state, load), np.zeros(1) if load.direct_kw is None else load.direct_kw
        limit = np.where(charge_kw < -20.0, "plant-1: heat left to remove", answer.limit)
        return replace(answer, feasible=limit == "", limit=limit)


def split_inputs(plant: SplitPlant, due_h: float) -> PlanInputs:
    halls = [{"id": name, "racks": [{"id": f"r-{name}", "rated_kw": 400.0}]} for name in plant.halls]
    site = toy_site(
        4.0, halls=halls, crahs=[CRAH, CRAH | {"id": "crah-2", "hall": "hall-2"}],
        server_pools=[POOL | {"hall": "hall-2", "consolidate": False}],
        deferrable_work=[WORK | {"max_power_kw": 60.0, "due_within_h": due_h, "energy_kwh_per_day": 240.0}],
    )  # fmt: skip
    now = {"plant-1": PlantNow(Mode.MECHANICAL, 10.0, (20.0, 20.0), 1)}
    even = {name: np.full(4, 100.0) for name in plant.halls}
    inputs = toy_inputs(site, it_power_kw=even, price_per_kwh=np.array(CHEAP_ONCE), backlog_kwh={"batch": 60.0})
    return replace(inputs, plants=[plant], plants_now=now)


@pytest.mark.parametrize("water", [(10.0,), (10.0, 12.0)])
def test_work_fills_a_hall_no_further_than_its_coils_bear(water: tuple[float, ...]) -> None:
    inputs = split_inputs(SplitPlant(water_degc=water, modes=(Mode.MECHANICAL,)), 8.0)
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    assert not any("present operation is kept" in note for note in plan.notes)
    assert max(plan.schedule[WORK_KW]) <= 30.0
    assert plan.schedule[WORK_KW][1] >= 25.0


def tank_and_work(plant: ToyPlant, backlog_kwh: float, due_h: float) -> PlanInputs:
    return tank_inputs(
        CHEAP_ONCE, plant, backlog_kwh={"batch": backlog_kwh}, it_power_kw={"hall-1": np.full(4, 195.0)},
        awake_servers={"pool-1": 300.0}, busy_servers={"pool-1": np.full(4, 150.0)},
        site={"server_pools": [POOL | {"consolidate": False}], "deferrable_work": [WORK | {"due_within_h": due_h}]},
    )  # fmt: skip


def test_a_tank_charges_no_more_than_the_pumps_bear_beside_the_racks() -> None:
    inputs = tank_and_work(NarrowPlant(water_degc=(10.0,), modes=(Mode.MECHANICAL,)), 40.0, 8.0)
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    assert not any("present operation is kept" in note for note in plan.notes)
    assert plan.schedule["tank-1.charge_power_setpoint_kw"][1] > 5.0


def test_work_that_must_be_done_is_done_where_a_tank_can_hardly_give() -> None:
    inputs = tank_and_work(StiffPlant(water_degc=(10.0,), modes=(Mode.MECHANICAL,), capacity_kw=245.0), 40.0, 1.0)
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    assert plan.schedule[WORK_KW][0] > 25.0


def test_where_a_hall_cannot_bear_what_must_be_done_it_is_named_with_the_amount() -> None:
    inputs = split_inputs(SplitPlant(modes=(Mode.MECHANICAL,)), 1.0)
    with pytest.raises(NoPlanFoundError, match=r"(hall-2 cooling capacity|batch due time) short by \d"):
        make_plan(inputs)
