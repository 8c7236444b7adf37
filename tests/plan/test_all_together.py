"""Battery, tank, heat pump, job, promise and an hour that pays for drawing, in one: against any schedule of a grid, and exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import numpy as np
import pytest

from facility.plan.baseline import baseline
from facility.plan.case import ItCase
from facility.plan.decisions import Decisions
from facility.plan.inputs import HeatPumpNow, PlanInputs, TankNow
from facility.plan.planner import make_plan
from facility.plan.restrict import branch_and_bound
from facility.plan.simulate import simulate
from facility.plan.verify import verify_plan, violations
from facility.promises import Commitment, CommitmentKind
from facility.records import FloatArray
from facility.workload import Job, JobKind
from models.cooling import Mode
from tests.plan.enumeration import prepared
from tests.plan.test_heat_reuse import BUFFER, CONTRACT, LOOP, PUMP, RACK
from tests.plan.test_tank import TANK
from tests.plan.toy import BATTERY, POOL, START, ToyPlant, toy_inputs, toy_plant_part, toy_site

PRICE = [0.3, -0.1, 0.5, 0.2, 0.4, 0.1]
MECHANICAL = ToyPlant(water_degc=(10.0,), modes=(Mode.MECHANICAL,), loops=("loop-1",))
BOTH = replace(MECHANICAL, modes=(Mode.MECHANICAL, Mode.FREE))


def all_inputs(hours: int, penalty: float | None, plant: ToyPlant = MECHANICAL) -> PlanInputs:
    """Return a site with all of it; in the third hour little may be drawn."""
    site = toy_site(
        float(hours), plants=[toy_plant_part(tank=TANK)], halls=[{"id": "hall-1", "racks": [RACK]}], liquid_loops=[LOOP],
        heat_pumps=[PUMP], heat_contracts=[CONTRACT | {"buffer": BUFFER}], batteries=[BATTERY],
        server_pools=[POOL | {"consolidate": False}],
        tariff={"energy_price_per_kwh": 0.2, "demand_charge_per_kw_month": 0.2, "demand_window_min": 60},
    )  # fmt: skip
    job = Job("job-1", "pool-1", 30.0, 30.0, START, START + timedelta(hours=3), JobKind.WHOLE)
    promise = Commitment(
        "dr-1", CommitmentKind.IMPORT_CAP, START + timedelta(hours=2), START + timedelta(hours=3), 230.0,
        penalty_per_kwh=penalty,
    )  # fmt: skip
    return toy_inputs(
        site, plant, price_per_kwh=np.array(PRICE[:hours]), tanks_now={"tank-1": TankNow(0.4, 10.0)}, jobs=[job],
        heat_pumps_now={"hp-1": HeatPumpNow(running=False)}, heat_demand_kw={"network": np.full(hours, 60.0)},
        state_of_charge_frac={"b-1": 0.6, "buffer-1": 0.2}, commitments=[promise], month_peak_kw=250.0,
    )  # fmt: skip


def every_schedule(it: ItCase, held: Decisions) -> Iterator[Decisions]:
    """Yield all combinations of a few powers of each asset, in each step, and of the job's starts."""
    grids: dict[str, list[Any]] = {
        "charge_kw": [("b-1", course) for course in _courses([-60.0, 0.0, 60.0], it.inputs.steps)],
        "cold_kw": [("tank-1", course) for course in _courses([-100.0, 0.0, 100.0], it.inputs.steps)],
        "heat_kw": [("hp-1", course) for course in _courses([0.0, 80.0], it.inputs.steps)],
        "jobs_kw": [("job-1", 30.0 * np.eye(it.inputs.steps)[start]) for start in range(it.inputs.steps)],
    }
    for chosen in product(*grids.values()):
        yield replace(held, **{field: {name: course} for field, (name, course) in zip(grids, chosen, strict=True)})


def _courses(powers: list[float], steps: int) -> list[FloatArray]:
    return [np.array(course) for course in product(powers, repeat=steps)]


@pytest.mark.slow
def test_no_schedule_of_a_grid_is_cheaper() -> None:
    inputs = all_inputs(3, None)
    it = ItCase.of(inputs)
    held, value = baseline(it)
    runs = (simulate(it, decisions, value) for decisions in every_schedule(it, held.decisions))
    best = min(run.cost.total_cost for run in runs if not violations(it, run))
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    assert plan.bound <= best + 1e-3 * abs(best)
    assert plan.cost.total_cost <= best + max(plan.gap, 0.0) * abs(plan.cost.total_cost)


@pytest.mark.parametrize("penalty", [None, 0.4])
@pytest.mark.parametrize("plant", [MECHANICAL, BOTH], ids=["mechanical", "both"])
def test_branch_and_bound_finds_nothing_much_cheaper(plant: ToyPlant, penalty: float | None) -> None:
    inputs = all_inputs(6, penalty, plant)
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    exact, _ = branch_and_bound(prepared(inputs), None, 20.0, mip_gap=1e-5)
    assert plan.surrogate_cost is not None
    assert exact.cost - 1e-3 * abs(exact.cost) <= plan.surrogate_cost <= exact.cost + 5e-3 * abs(exact.cost)
    assert 0.0 <= plan.gap < 0.01
    assert all(plan.schedule[f"{name}.charge_power_setpoint_kw"] != (0.0,) * 6 for name in ("b-1", "tank-1"))
    assert max(plan.schedule["hp-1.heat_output_setpoint_kw"]) > 0.0
