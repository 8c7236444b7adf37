"""What the site would do without a plan: present setpoints held, local controls in good faith, work done as it comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from facility.plan.case import ItCase
from facility.plan.decisions import Decisions
from facility.plan.export_limit import within_export_limit
from facility.plan.inputs import PlanInputs
from facility.plan.simulate import Simulation, evaluate_state, simulate, source_power, with_work_value
from facility.records import FloatArray
from models.cooling import JointState, Load, PlantModel

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
    power = source_power(it, held)
    states = {
        plant.plant_id: _held(it.inputs, plant, it.thermal.load(plant, power, held)) for plant in it.inputs.plants
    }
    held = replace(held, states=states)
    run = within_export_limit(it, simulate(it, held, 0.0))
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


def _held(inputs: PlanInputs, plant: PlantModel, load: Load) -> tuple[JointState, ...]:
    """Hold the present state; in steps where it is infeasible take the nearest feasible one."""
    now = inputs.plants_now[plant.plant_id]
    held = JointState(now.mode, now.leaving_water_degc, tuple(now.supply_air_degc), now.chillers_on, now.dampers_open)
    return by_local_controls(plant, [held] * inputs.steps, load)


def carried_out(it: ItCase, decisions: Decisions) -> Decisions:
    """Return what becomes of decisions at the load and weather of a case: local controls keep the plants within their limits."""
    power = source_power(it, decisions)
    states = {
        plant.plant_id: by_local_controls(
            plant, decisions.states[plant.plant_id], it.thermal.load(plant, power, decisions)
        )
        for plant in it.inputs.plants
    }
    return replace(decisions, states=states)


def by_local_controls(plant: PlantModel, wanted: Sequence[JointState], load: Load) -> tuple[JointState, ...]:
    """Return the states that local controls make of wanted ones: where one is infeasible, the nearest that is feasible."""
    path, every = list(wanted), plant.states()
    for asked in dict.fromkeys(wanted):
        steps = np.array([step for step, state in enumerate(wanted) if state == asked])
        open_steps = steps[~evaluate_state(plant, asked, load.at(steps)).feasible]
        for state in _nearest_first(asked, every) if open_steps.size else ():
            feasible = plant.evaluate(state, load.at(open_steps)).feasible
            for step in open_steps[feasible]:
                path[step] = state
            open_steps = open_steps[~feasible]
            if not open_steps.size:
                break
    return tuple(path)


def _nearest_first(wanted: JointState, states: Sequence[JointState]) -> list[JointState]:
    def away(state: JointState) -> float:
        kelvin = abs(state.leaving_water_degc - wanted.leaving_water_degc)
        kelvin += sum(abs(a - b) for a, b in zip(state.supply_air_degc, wanted.supply_air_degc, strict=True))
        chillers = abs(state.chillers_on - wanted.chillers_on)
        modes = (state.mode != wanted.mode) + (state.dampers_open != wanted.dampers_open)
        return _KELVIN_AWAY * kelvin + _MODE_AWAY * modes + _CHILLER_AWAY * chillers

    return sorted(states, key=away)
