"""What a schedule does: the plant models' own answers, exact losses, and what it costs. No solver, no pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from facility.plan.case import ItCase
from facility.plan.decisions import Decisions
from facility.plan.electrical import electrical_chain
from facility.plan.goals import WEIGHED, goal_value, weighed
from facility.plan.grid import carbon_kg, demand_cost, demand_windows, energy_cost
from facility.plan.humidity import HallAir, hall_air
from facility.plan.inputs import PlanInputs, PlantNow
from facility.plan.moves import StateFeatures
from facility.plan.ready import unready_cost
from facility.records import CostBreakdown, FloatArray
from models.cooling import BoolArray, JointState, Load, Mode, PlantModel, PlantResponse, answers
from models.site_model import ChainPower

Path = tuple[JointState, ...]
RunPlants = Callable[[PlanInputs, PlantModel, Sequence[Path], Sequence[Load]], "Iterable[PlantRun]"]


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
    return simulate_all([(it, decisions)], work_value_per_kwh)[0]


def simulate_all(
    asked: Sequence[tuple[ItCase, Decisions]], work_value_per_kwh: float, run_plants: RunPlants | None = None
) -> list[Simulation]:
    """Run several schedules, each in its case; cases have the same plants, which are asked about all of them at once."""
    powers = [source_power(it, decisions) for it, decisions in asked]
    runs: list[dict[str, PlantRun]] = [{} for _ in asked]
    inputs = asked[0][0].inputs
    for plant in inputs.plants:
        paths = [decisions.states[plant.plant_id] for _, decisions in asked]
        loads = [it.thermal.load(plant, power, one) for (it, one), power in zip(asked, powers, strict=True)]
        for of, run in zip(runs, (run_plants or run_plant)(inputs, plant, paths, loads), strict=True):
            of[plant.plant_id] = run
    return [
        metered(it, decisions, power, of, work_value_per_kwh)
        for (it, decisions), power, of in zip(asked, powers, runs, strict=True)
    ]


def unlike(known: Simulation) -> RunPlants:
    """Return what runs plants, and asks them only about steps of other states or other load than a run has told already."""
    return lambda inputs, model, paths, loads: run_plant(inputs, model, paths, loads, known.plants[model.plant_id])


def metered(
    it: ItCase,
    decisions: Decisions,
    power: Mapping[str, FloatArray],
    runs: Mapping[str, PlantRun],
    work_value_per_kwh: float,
) -> Simulation:
    """Take what sources and plants draw through the electrical chain and the tariff; the plants' states are those they ran."""
    inputs, hall_kw = it.inputs, it.heat.hall_kw(power)
    decisions = replace(decisions, states={name: run.states for name, run in runs.items()})
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


def with_plant(
    it: ItCase, simulation: Simulation, plant_id: str, run: PlantRun, work_value_per_kwh: float
) -> Simulation:
    """Return a run with one of its plants run otherwise, at the same load."""
    power, runs = source_power(it, simulation.decisions), {**simulation.plants, plant_id: run}
    return metered(it, simulation.decisions, power, runs, work_value_per_kwh)


def run_plant(
    inputs: PlanInputs,
    model: PlantModel,
    paths: Sequence[Path],
    loads: Sequence[Load],
    known: PlantRun | None = None,
) -> list[PlantRun]:
    """Run a plant along paths of states, each at its load; `known` is a run that has answered some of it."""
    responses = evaluate_paths(model, paths, loads, known)
    return [
        known if known is not None and response is known.response else answered_run(inputs, model, path, load, response)
        for path, load, response in zip(paths, loads, responses, strict=True)
    ]


def answered_run(inputs: PlanInputs, model: PlantModel, states: Path, load: Load, response: PlantResponse) -> PlantRun:
    """Return the run of a path that has been answered.

    First steps that are infeasible are answered at the setpoints of the first feasible state after them, in their own mode:
    the plant on its way back from a measured state, of which the model knows nothing.
    """
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
    """Evaluate one state in all rows of a load; it may have been measured or typed (`evaluate_path`)."""
    return evaluate_path(model, (state,) * load.rows, load)


def evaluate_paths(
    model: PlantModel, paths: Sequence[Path], loads: Sequence[Load], known: PlantRun | None = None
) -> Iterator[PlantResponse]:
    """Evaluate several paths, each at its load, together; steps of the state and the load of a known run are as it has them."""
    asked = [
        np.arange(len(path)) if known is None else np.flatnonzero(~_alike(path, load, known))
        for path, load in zip(paths, loads, strict=True)
    ]
    parts = [] if known is None else [known.response]
    if any(steps.size for steps in asked):
        states = tuple(path[step] for path, steps in zip(paths, asked, strict=True) for step in steps)
        rows = Load.of([load.at(steps) for load, steps in zip(loads, asked, strict=True)])
        parts.append(evaluate_path(model, states, rows))
    answered, begin = PlantResponse.of(parts), 0 if known is None else len(known.states)
    for path, steps in zip(paths, asked, strict=True):
        places = np.arange(len(path))
        places[steps] = np.arange(begin, begin + len(steps))
        begin += len(steps)
        yield known.response if known is not None and not steps.size else answered.at(places)


def _alike(path: Path, load: Load, known: PlantRun) -> BoolArray:
    """Tell which steps of a path are those of a run, state and load."""
    same = np.array([one is other or one == other for one, other in zip(path, known.states, strict=True)])
    return np.asarray(same & (load.table == known.load.table).all(axis=1))


def evaluate_path(model: PlantModel, states: Path, load: Load) -> PlantResponse:
    """Evaluate one state a row, all together.

    States may have been measured or typed: chillers run in every mode but free cooling, and only there.
    """
    rows: dict[JointState, list[int]] = {}
    for step, state in enumerate(states):
        rows.setdefault(state, []).append(step)
    found = dict(answers(model, [(_coherent(state), load.at(steps)) for state, steps in rows.items()]))
    answer = PlantResponse.of([found[place] for place in range(len(rows))]).at(
        np.argsort(np.concatenate([*rows.values()]))
    )
    wrong = np.isin(
        np.arange(len(states)), [step for state in rows if _coherent(state) != state for step in rows[state]]
    )
    limit = np.where(wrong, "chillers of the economizer mode", answer.limit)
    return replace(answer, feasible=answer.feasible & ~wrong, limit=limit) if wrong.any() else answer


def _coherent(state: JointState) -> JointState:
    if (state.mode is Mode.FREE) == (state.chillers_on == 0):
        return state
    return replace(state, chillers_on=0 if state.mode is Mode.FREE else 1)


def cost_of(
    it: ItCase, decisions: Decisions, site_kw: FloatArray, water_lps: FloatArray, work_value_per_kwh: float
) -> CostBreakdown:
    """Return what a schedule costs that draws this power at the meter and this make-up water."""
    inputs = it.inputs
    stored = sum(
        case.value_per_kwh * (case.stored_kwh - case.course_kwh(decisions.charge_kw[name])[-1])
        for name, case in it.batteries.items()
    )
    terminal = float(work_value_per_kwh * it.left_kwh(decisions) + stored + it.thermal.left_cost(decisions))
    money_frac = inputs.terminal_money_frac
    emitted_kg, water_m3 = carbon_kg(inputs, site_kw), float(water_lps.sum() * inputs.m3_per_lps)
    cost = CostBreakdown(
        energy_kwh=float(site_kw.sum() * inputs.step_h),
        energy_cost=energy_cost(inputs, site_kw),
        demand_cost=demand_cost(inputs, site_kw),
        carbon_kg=emitted_kg,
        carbon_cost=emitted_kg * inputs.site.carbon.price_per_tonne * 1e-3,
        wear_cost=_wear(it, decisions),
        terminal_cost=terminal * money_frac,
        water_m3=water_m3,
        water_cost=water_m3 * inputs.site.water.price_per_m3,
        commitment_cost=sum(case.cost(site_kw) for case in it.commitments),
        heat_income=it.thermal.income(decisions),
        heat_shortfall_cost=it.thermal.shortfall_cost(decisions),
        peak_kw=float((demand_windows(inputs) @ site_kw).max()),
    )
    values = {goal: goal_value(cost, goal) for goal in WEIGHED}
    later = terminal * (1.0 - money_frac)
    unready = unready_cost(inputs, {case: decisions.charge_kw[name] for name, case in it.batteries.items()})
    return replace(cost, preference_cost=weighed(inputs.weighed, values) + later + unready)


def _wear(it: ItCase, decisions: Decisions) -> float:
    wear = sum(it.batteries[name].wear_cost(kw) for name, kw in decisions.charge_kw.items())
    wear += sum(it.arrays[name].lost_cost(kw) for name, kw in decisions.array_limit_kw.items())
    wear += sum(it.pools[name].wear(awake, decisions.slowed.get(name)) for name, awake in decisions.awake.items())
    wear += sum(case.wait_cost(it.job_powers_kw(pool, decisions.jobs_kw)) for pool, case in it.jobs.items())
    wear += it.thermal.wear_cost(decisions)
    return float(wear + sum(_move_wear(it, plant.plant_id, decisions) for plant in it.inputs.plants))


def _move_wear(it: ItCase, plant_id: str, decisions: Decisions) -> float:
    path: list[JointState | PlantNow] = [it.inputs.plants_now[plant_id], *decisions.states[plant_id]]
    return it.moves[plant_id].cost_along(StateFeatures.of(path))
