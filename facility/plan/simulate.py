"""What a schedule does: the plant models' own answers, exact losses, and what it costs. No solver, no pieces."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from facility.plan.case import ItCase
from facility.plan.decisions import Decisions
from facility.plan.electrical import electrical_chain
from facility.plan.goals import WEIGHED, goal_value, weighed
from facility.plan.grid import carbon_kg, demand_cost, demand_windows, energy_cost
from facility.plan.humidity import HallAir, hall_air
from facility.plan.inputs import PlanInputs, PlantNow
from facility.plan.moves import Moves, StateFeatures
from facility.records import CostBreakdown, FloatArray
from models.cooling import BoolArray, JointState, Load, Mode, PlantModel, PlantResponse
from models.site_model import ChainPower

Path = tuple[JointState, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PlantRun:
    """A plant under a schedule; `recovering` marks first steps on the way back from a measured state outside its limits."""

    states: Path
    load: Load
    response: PlantResponse
    recovering: BoolArray
    air: HallAir

    @property
    def heat_kw(self) -> FloatArray:
        """Heat that the plant room removes, but for fans and pumps."""
        return self.load.heat_kw


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """A schedule re-simulated; powers in kW, one a step."""

    decisions: Decisions
    plants: Mapping[str, PlantRun]
    it_kw: FloatArray  # as metered at the racks: with server fans at their inlet temperature
    cooling_kw: FloatArray  # fans, pumps, chillers, towers
    chain: ChainPower
    water_lps: FloatArray  # make-up water
    half_width_kw: FloatArray  # half of the 90 % interval of site power
    cost: CostBreakdown

    @property
    def site_kw(self) -> FloatArray:
        """Power at the meter; negative: export."""
        return self.chain.site_kw


def source_power(it: ItCase, decisions: Decisions) -> dict[str, FloatArray]:
    """Return IT power by source (hall, pool with its jobs, work) at the reference inlet."""
    pools = {
        name: it.pools[name].power_kw(awake, decisions.slowed.get(name)) for name, awake in decisions.awake.items()
    }
    for name in it.jobs:
        pools[name] = pools.get(name, 0.0) + np.sum(it.job_powers_kw(name, decisions.jobs_kw), axis=0)
    return it.heat.base_kw() | pools | dict(decisions.work_kw)


def simulate(it: ItCase, decisions: Decisions, work_value_per_kwh: float) -> Simulation:
    """Run a schedule through the plant models, the electrical chain and the tariff."""
    return simulate_all(it, [decisions], work_value_per_kwh)[0]


def simulate_all(it: ItCase, schedules: Sequence[Decisions], work_value_per_kwh: float) -> list[Simulation]:
    """Run several schedules; a plant model is asked about all of them at once."""
    powers = [source_power(it, decisions) for decisions in schedules]
    runs: dict[str, list[PlantRun]] = {}
    for plant in it.inputs.plants:
        paths = [decisions.states[plant.plant_id] for decisions in schedules]
        loads = [it.thermal.load(plant, *one) for one in zip(powers, schedules, strict=True)]
        runs[plant.plant_id] = run_plant(it.inputs, plant, paths, loads)
    return [
        _metered(it, decisions, power, {name: of[index] for name, of in runs.items()}, work_value_per_kwh)
        for index, (decisions, power) in enumerate(zip(schedules, powers, strict=True))
    ]


def _metered(
    it: ItCase,
    decisions: Decisions,
    power: Mapping[str, FloatArray],
    runs: Mapping[str, PlantRun],
    work_value_per_kwh: float,
) -> Simulation:
    """Take what sources and plants draw through the electrical chain and the tariff."""
    inputs, hall_kw = it.inputs, it.heat.hall_kw(power)
    for plant in inputs.plants:
        for index, hall in enumerate(plant.halls):
            hall_kw[hall] = hall_kw[hall] + runs[plant.plant_id].response.server_fan_kw[:, index]
    cooling = np.asarray(
        sum(run.response.overhead_kw - run.response.server_fan_kw.sum(axis=1) for run in runs.values())
    )
    other = cooling + it.net_charge_kw(decisions) + inputs.beside_kw
    chain = electrical_chain(inputs.site.electrical).power(hall_kw, other)
    half_width = np.sqrt(np.asarray(sum(run.response.half_width_kw**2 for run in runs.values())))
    water_lps = np.asarray(sum(run.response.makeup_water_lps for run in runs.values()))
    cost = cost_of(it, decisions, chain.site_kw, water_lps, work_value_per_kwh)
    return Simulation(decisions, runs, np.asarray(sum(hall_kw.values())), cooling, chain, water_lps, half_width, cost)


def with_work_value(it: ItCase, simulation: Simulation, work_value_per_kwh: float) -> Simulation:
    """Return the same run, its unfinished work valued anew."""
    cost = cost_of(it, simulation.decisions, simulation.site_kw, simulation.water_lps, work_value_per_kwh)
    return replace(simulation, cost=cost)


def run_plant(inputs: PlanInputs, model: PlantModel, paths: Sequence[Path], loads: Sequence[Load]) -> list[PlantRun]:
    """Evaluate paths of states, each at its load; what is asked twice is answered once.

    First steps that are infeasible are answered at the setpoints of the first feasible state after them, in their own mode:
    the plant on its way back from a measured state, of which the model knows nothing.
    """
    asked: dict[tuple[Path, bytes], int] = {}
    known = [asked.setdefault((path, load.key), len(asked)) for path, load in zip(paths, loads, strict=True)]
    first = [known.index(number) for number in range(len(asked))]
    states, rows = itertools.chain.from_iterable(paths[at] for at in first), np.arange(inputs.steps)
    answer = evaluate_path(model, tuple(states), Load.of([loads[at] for at in first]))
    runs = [_run(inputs, model, paths[at], loads[at], answer.at(rows + n * len(rows))) for n, at in enumerate(first)]
    return [runs[number] for number in known]


def _run(inputs: PlanInputs, model: PlantModel, states: Path, load: Load, response: PlantResponse) -> PlantRun:
    recovering = np.zeros(len(states), dtype=bool)
    feasible = np.flatnonzero(response.feasible)
    if feasible.size and feasible[0] > 0:
        recovering[: feasible[0]] = True
        back = states[feasible[0]]
        known = {"leaving_water_degc": back.leaving_water_degc, "supply_air_degc": back.supply_air_degc}
        stand_in = tuple(
            replace(state, **known) if off else state for state, off in zip(states, recovering, strict=True)
        )
        response = evaluate_path(model, stand_in, load)
    return PlantRun(states, load, response, recovering, hall_air(inputs, model, response))


def named_limit(plant_id: str, limit: str) -> tuple[str, str]:
    """Split what a plant model calls a limit (`equipment: limit`, or the limit alone) into equipment and limit."""
    equipment, colon, name = limit.partition(": ")
    return (equipment, name) if colon else (plant_id, limit)


def evaluate_state(model: PlantModel, state: JointState, load: Load) -> PlantResponse:
    """Evaluate a state that may have been measured or typed: chillers run in every mode but free cooling, and only there."""
    if (state.mode is Mode.FREE) == (state.chillers_on == 0):
        return model.evaluate(state, load)
    coherent = replace(state, chillers_on=0 if state.mode is Mode.FREE else 1)
    answer, rows = model.evaluate(coherent, load), len(load.outdoor_degc)
    return replace(answer, feasible=np.zeros(rows, dtype=bool), limit=np.full(rows, "chillers of the economizer mode"))


def evaluate_path(model: PlantModel, states: Path, load: Load) -> PlantResponse:
    """Evaluate one state a row; rows of the same state are asked for together."""
    rows: dict[JointState, list[int]] = {}
    for step, state in enumerate(states):
        rows.setdefault(state, []).append(step)
    answers = [evaluate_state(model, state, load.at(steps)) for state, steps in rows.items()]
    return PlantResponse.of(answers).at(np.argsort(np.concatenate([*rows.values()])))


def cost_of(
    it: ItCase, decisions: Decisions, site_kw: FloatArray, water_lps: FloatArray, work_value_per_kwh: float
) -> CostBreakdown:
    """Return what a schedule costs that draws this power at the meter and this make-up water."""
    inputs = it.inputs
    left = sum(case.left_kwh(decisions.work_kw[name]) for name, case in it.works.items())
    left += sum(case.left_kwh(it.job_powers_kw(pool, decisions.jobs_kw)) for pool, case in it.jobs.items())
    stored = sum(
        case.value_per_kwh * (case.stored_kwh - case.course_kwh(decisions.charge_kw[name])[-1])
        for name, case in it.batteries.items()
    )
    terminal = float(work_value_per_kwh * left + stored + it.thermal.left_cost(decisions))
    emitted_kg, water_m3 = carbon_kg(inputs, site_kw), float(water_lps.sum() * inputs.m3_per_lps)
    cost = CostBreakdown(
        energy_kwh=float(site_kw.sum() * inputs.step_h),
        energy_cost=energy_cost(inputs, site_kw),
        demand_cost=demand_cost(inputs, site_kw),
        carbon_kg=emitted_kg,
        carbon_cost=emitted_kg * inputs.site.carbon.price_per_tonne * 1e-3,
        wear_cost=_wear(it, decisions),
        terminal_cost=terminal * inputs.terminal_money_frac,
        water_m3=water_m3,
        water_cost=water_m3 * inputs.site.water.price_per_m3,
        commitment_cost=sum(case.cost(site_kw) for case in it.commitments),
        heat_income=it.thermal.income(decisions),
        heat_shortfall_cost=it.thermal.shortfall_cost(decisions),
        peak_kw=float((demand_windows(inputs) @ site_kw).max()),
    )
    values = {goal: goal_value(cost, goal) for goal in WEIGHED}
    later = terminal * (1.0 - inputs.terminal_money_frac)
    return replace(cost, preference_cost=weighed(inputs.weighed, values) + later)


def _wear(it: ItCase, decisions: Decisions) -> float:
    wear = sum(it.batteries[name].wear_cost(kw) for name, kw in decisions.charge_kw.items())
    wear += sum(it.arrays[name].lost_cost(kw) for name, kw in decisions.array_limit_kw.items())
    wear += sum(it.pools[name].wear(awake, decisions.slowed.get(name)) for name, awake in decisions.awake.items())
    wear += sum(case.wait_cost(it.job_powers_kw(pool, decisions.jobs_kw)) for pool, case in it.jobs.items())
    wear += it.thermal.wear_cost(decisions)
    return float(wear + sum(_move_wear(it.inputs, plant, decisions) for plant in it.inputs.plants))


def _move_wear(inputs: PlanInputs, plant: PlantModel, decisions: Decisions) -> float:
    path: list[JointState | PlantNow] = [inputs.plants_now[plant.plant_id], *decisions.states[plant.plant_id]]
    return Moves.of(inputs, plant).cost_along(StateFeatures.of(path))
