"""What the site would do without a plan: present setpoints held, local controls in good faith, work done as it comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from facility.plan.case import ItCase
from facility.plan.decisions import Decisions
from facility.plan.export_limit import within_export_limit
from facility.plan.inputs import PlanInputs
from facility.plan.local_controls import by_local_controls
from facility.plan.simulate import Path, Simulation, simulate_all, with_work_value
from facility.records import FloatArray
from models.cooling import JointState, PlantModel


def baseline(it: ItCase) -> tuple[Simulation, float]:
    """Return the run at present setpoints, and what a kWh of work left undone at its end is worth there."""
    jobs = {
        one.job.id: kw
        for pool, case in it.jobs.items()
        for one, kw in zip(case.jobs, case.soonest(_room_now(it, pool))[0], strict=True)
    }
    work = {name: case.soonest(_room_beside(it, case.work.pool, jobs)) for name, case in it.works.items()}
    awake = {name: np.full(case.steps, case.awake_now) for name, case in it.pools.items() if case.planned}
    slowed = {name: case.held_slowed for name, case in it.pools.items() if len(case.levels) > 1}
    idle = {name: np.zeros(case.steps) for name, case in it.batteries.items()}
    open_ = {name: np.full(it.inputs.steps, case.array.rated_kw) for name, case in it.arrays.items()}
    held = Decisions({}, awake, work, idle, open_, slowed, jobs, it.thermal.held_cold_kw(), it.thermal.held_heat_kw())
    states = {plant.plant_id: _present(it.inputs, plant) for plant in it.inputs.plants}
    (run,) = carried_out([(it, replace(held, states=states))], 0.0)
    run = within_export_limit(it, run)
    power_ratio = float(run.site_kw.sum() / run.it_kw.sum())
    value = it.inputs.following_day_price_per_kwh * power_ratio
    return with_work_value(it, run, value), value


def _room_now(it: ItCase, pool: str) -> FloatArray:
    case = it.pools[pool]
    if not case.measured:
        return np.full(case.steps, np.inf)
    return np.asarray(np.maximum(case.awake_now - case.need, 0.0) * case.work_kw)


def _room_beside(it: ItCase, pool: str, jobs_kw: Mapping[str, FloatArray]) -> FloatArray:
    taken = np.sum(it.job_powers_kw(pool, jobs_kw), axis=0) if pool in it.jobs else 0.0
    return np.asarray(np.maximum(_room_now(it, pool) - taken, 0.0))


def _present(inputs: PlanInputs, plant: PlantModel) -> Path:
    now = inputs.plants_now[plant.plant_id]
    held = JointState(now.mode, now.leaving_water_degc, tuple(now.supply_air_degc), now.chillers_on, now.dampers_open)
    return (held,) * inputs.steps


def carried_out(asked: Sequence[tuple[ItCase, Decisions]], work_value_per_kwh: float) -> list[Simulation]:
    """Return what becomes of decisions at the load and weather of cases: local controls keep the plants within their limits."""
    return simulate_all(asked, work_value_per_kwh, by_local_controls)
