"""What the site would do without a plan: present setpoints held, local controls in good faith, work done as it comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from facility.plan.case import ItCase
from facility.plan.decisions import Decisions
from facility.plan.export_limit import within_export_limit
from facility.plan.inputs import PlanInputs
from facility.plan.simulate import (
    Path,
    PlantRun,
    Simulation,
    answered_run,
    evaluate_paths,
    metered,
    source_power,
    with_work_value,
)
from facility.records import FloatArray
from models.cooling import JointState, Load, PlantModel, PlantResponse

# Local controls stage chillers before they change the economizer, and change that before an operator moves a setpoint.
_CHILLER_AWAY, _MODE_AWAY, _KELVIN_AWAY = 1.0, 10.0, 100.0


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
    """Return what becomes of decisions at the load and weather of cases: local controls keep the plants within their limits.

    The cases have the same plants, which are asked about all of them at once.
    """
    powers = [source_power(it, decisions) for it, decisions in asked]
    runs: list[dict[str, PlantRun]] = [{} for _ in asked]
    inputs = asked[0][0].inputs
    for plant in inputs.plants:
        paths = [decisions.states[plant.plant_id] for _, decisions in asked]
        loads = [it.thermal.load(plant, power, one) for (it, one), power in zip(asked, powers, strict=True)]
        for of, run in zip(runs, by_local_controls(inputs, plant, paths, loads), strict=True):
            of[plant.plant_id] = run
    return [
        metered(it, decisions, power, of, work_value_per_kwh)
        for (it, decisions), power, of in zip(asked, powers, runs, strict=True)
    ]


def by_local_controls(
    inputs: PlanInputs, plant: PlantModel, paths: Sequence[Path], loads: Sequence[Load]
) -> Iterator[PlantRun]:
    """Yield what local controls make of wanted states: where one is infeasible, the nearest that is feasible."""
    every = plant.states()
    for path, load, answered in zip(paths, loads, evaluate_paths(plant, paths, loads), strict=True):
        states, response = list(path), answered
        infeasible = np.flatnonzero(~answered.feasible)
        for wanted in dict.fromkeys(path[step] for step in infeasible):
            steps = infeasible[[path[step] == wanted for step in infeasible]]
            for state in _nearest_first(wanted, every):
                other = plant.evaluate(state, load.at(steps))
                found = steps[other.feasible]
                places = np.arange(len(path))
                places[found] = len(path) + np.flatnonzero(other.feasible)
                response = PlantResponse.of([response, other]).at(places)
                for step in found:
                    states[step] = state
                steps = steps[~other.feasible]
                if not steps.size:
                    break
        yield answered_run(inputs, plant, tuple(states), load, response)


def _nearest_first(wanted: JointState, states: Sequence[JointState]) -> list[JointState]:
    def away(state: JointState) -> float:
        kelvin = abs(state.leaving_water_degc - wanted.leaving_water_degc)
        kelvin += sum(abs(a - b) for a, b in zip(state.supply_air_degc, wanted.supply_air_degc, strict=True))
        chillers = abs(state.chillers_on - wanted.chillers_on)
        modes = (state.mode != wanted.mode) + (state.dampers_open != wanted.dampers_open)
        return _KELVIN_AWAY * kelvin + _MODE_AWAY * modes + _CHILLER_AWAY * chillers

    return sorted(states, key=away)
