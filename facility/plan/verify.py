"""Checks a schedule apart from the solver: every limit on the re-simulated output, every cost recomputed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace

import numpy as np

from facility.errors import PlanError
from facility.plan.case import ItCase
from facility.plan.cut_short import as_planned
from facility.plan.decisions import WORK_VALUE, Decisions, decisions_of
from facility.plan.goals import goal_value
from facility.plan.grid import carbon_budget_kg, carbon_kg
from facility.plan.humidity import excesses
from facility.plan.inputs import PlanInputs
from facility.plan.moves import Moves, StateFeatures, changes_beyond
from facility.plan.servers import PoolCase
from facility.plan.simulate import PlantRun, Simulation, named_limit, simulate
from facility.plan.spare import bearing_losses
from facility.plan.verify_jobs import job_excesses
from facility.plan.verify_names import name_excesses
from facility.records import CostBreakdown, FloatArray, LimitShortfall, Plan
from facility.site import Weights
from models.cooling import BoolArray, PlantModel

TOLERANCE = {
    "kW": 0.05,
    "kWh": 0.05,
    "K": 1e-6,
    "servers": 1e-6,
    "steps": 0.0,
    "kg": 0.05,
    "%": 0.01,
    "changes": 0.0,
    "frac": 1e-6,
}
COST_TOLERANCE = 1e-6  # relative


class PlanRejectedError(PlanError):
    """A schedule breaks limits on re-simulation; `violations` names them."""

    def __init__(self, violations: list[LimitShortfall]) -> None:
        self.violations = tuple(violations)
        super().__init__("the plan fails verification: " + "; ".join(str(violation) for violation in violations))


def violations(it: ItCase, simulation: Simulation) -> list[LimitShortfall]:
    """Return every limit that a simulated schedule breaks by more than its unit's tolerance."""
    found = [*_plant_limits(it, simulation), *_server_limits(it, simulation)]
    found += [*_job_limits(it, simulation), *_work_limits(it, simulation), *_battery_limits(it, simulation)]
    found += [*_array_limits(it, simulation), *_power_limits(it.inputs, simulation)]
    found += [*_tank_limits(it, simulation), *_heat_limits(it, simulation)]
    found += [*_promises(it, simulation), *_sums(it.inputs, simulation)]
    return _refused(found)


def _refused(found: Iterable[LimitShortfall]) -> list[LimitShortfall]:
    return [violation for violation in found if not violation.amount <= TOLERANCE[violation.unit]]


def verify_plan(inputs: PlanInputs, plan: Plan) -> Simulation:
    """Re-simulate a plan from its schedule alone and compare everything it claims.

    Raises
    ------
    PlanRejectedError
        If a limit is broken, or if powers or costs are not those that the schedule has.
    """
    inputs = as_planned(inputs, plan)
    if inputs.site.planning.goals:
        inputs = replace(inputs, weights=Weights(**plan.goal_weights), goal_caps=plan.goal_caps)
    inputs = bearing_losses(replace(inputs, spare_waived=plan.spare_waived))
    it = ItCase.of(inputs)
    decisions = decisions_of(inputs, plan.schedule)
    simulation = simulate(it, decisions, plan.schedule[WORK_VALUE][0])
    found = violations(it, simulation)
    found += _refused(_named_limits(it, plan, decisions))
    power = np.asarray(plan.schedule["site.power_kw"])
    apart = np.abs(power - simulation.site_kw)
    if not apart.max() <= COST_TOLERANCE * np.abs(power).max():
        found.append(_worst(inputs, "stated site power", apart, "kW"))
    found += _cost_differences(plan.cost, simulation.cost)
    found += _outcome_differences(it, plan, simulation)
    if found:
        raise PlanRejectedError(found)
    return simulation


def _cost_differences(stated: CostBreakdown, found: CostBreakdown) -> Iterator[LimitShortfall]:
    scale = max(abs(found.total_cost), found.energy_kwh, 1.0)
    for field in fields(CostBreakdown):
        apart = abs(getattr(stated, field.name) - getattr(found, field.name))
        if not apart <= COST_TOLERANCE * scale:
            yield LimitShortfall(f"stated {field.name}", apart, "")


def _outcome_differences(it: ItCase, plan: Plan, simulation: Simulation) -> Iterator[LimitShortfall]:
    """Yield commitments of which the plan claims other than what the schedule does."""
    stated = {one.id: one for one in plan.commitments}
    for case in it.commitments:
        found, claimed = case.outcome(simulation.site_kw), stated.get(case.commitment.id)
        claims = (np.nan, np.nan) if claimed is None else (claimed.delivered_kw, claimed.shortfall_kwh)
        apart = max(abs(found.delivered_kw - claims[0]), abs(found.shortfall_kwh - claims[1]))
        if not apart <= COST_TOLERANCE * max(abs(found.delivered_kw), 1.0):
            yield LimitShortfall(f"stated outcome of {found.id}", apart, "")


def _worst(inputs: PlanInputs, name: str, excess: FloatArray, unit: str) -> LimitShortfall:
    step = int(np.argmax(excess))
    return LimitShortfall(name, float(excess[step]), unit, inputs.time_of(step))


def _plant_limits(it: ItCase, simulation: Simulation) -> Iterator[LimitShortfall]:
    for plant in it.inputs.plants:
        run = simulation.plants[plant.plant_id]
        yield from _states_hold(it.inputs, plant, run)
        yield from _ramps_hold(it.inputs, plant, run)
        yield _dwell_holds(it.inputs, plant, run)
        yield _changes_hold(it.inputs, plant, run)
        yield from (_worst(it.inputs, *excess) for excess in excesses(it.inputs, plant, run.air))


def _states_hold(inputs: PlanInputs, plant: PlantModel, run: PlantRun) -> Iterator[LimitShortfall]:
    for step in np.flatnonzero(~run.response.feasible):
        limit = str(run.response.limit[step]) or "operating state"
        yield LimitShortfall(" ".join(named_limit(plant.plant_id, limit)), 1.0, "steps", inputs.times[step])
    dawdling = run.recovering & ~_at_full_ramp(inputs, plant, run)
    yield _worst(inputs, f"{plant.plant_id} recovery slower than its ramps", dawdling.astype(float), "steps")


def _at_full_ramp(inputs: PlanInputs, plant: PlantModel, run: PlantRun) -> BoolArray:
    """Tell in which steps some setpoint moves as far as it may: the only excuse for a state outside its limits."""
    features = StateFeatures.of([inputs.plants_now[plant.plant_id], *run.states])
    moves = Moves.of(inputs, plant)
    water = np.abs(np.diff(features.leaving_water_degc)) >= moves.water_step_k - TOLERANCE["K"]
    air = np.abs(np.diff(features.supply_air_degc, axis=0)) >= moves.air_step_k - TOLERANCE["K"]
    return np.asarray(water | air.any(axis=1))


def _ramps_hold(inputs: PlanInputs, plant: PlantModel, run: PlantRun) -> Iterator[LimitShortfall]:
    features = StateFeatures.of([inputs.plants_now[plant.plant_id], *run.states])
    moves = Moves.of(inputs, plant)
    water = np.abs(np.diff(features.leaving_water_degc)) - moves.water_step_k
    yield _worst(inputs, f"{plant.plant_id} leaving water ramp", water, "K")
    for index, hall in enumerate(plant.halls):
        air = np.abs(np.diff(features.supply_air_degc[:, index])) - moves.air_step_k[index]
        yield _worst(inputs, f"{hall} supply air ramp", air, "K")


def _dwell_holds(inputs: PlanInputs, plant: PlantModel, run: PlantRun) -> LimitShortfall:
    """Count steps by which a mode was left too early; the present mode may be left early where it became infeasible."""
    moves, (mode, *modes) = Moves.of(inputs, plant), _modes(inputs, plant, run)
    held, short = moves.dwell_steps, np.zeros(len(run.states))
    for step, after in enumerate(modes):
        if after != mode:
            short[step] = max(moves.dwell_steps - held, 0)
            mode, held = after, 0
        held += 1
    return _worst(inputs, f"{plant.plant_id} economizer dwell", short, "steps")


def _changes_hold(inputs: PlanInputs, plant: PlantModel, run: PlantRun) -> LimitShortfall:
    """Count changes of mode beyond those allowed in a day."""
    now = inputs.plants_now[plant.plant_id]
    beyond = changes_beyond(_modes(inputs, plant, run), now.mode_changed_h, inputs.step_h)
    return LimitShortfall(f"{plant.plant_id} mode changes in a day", beyond, "changes")


def _modes(inputs: PlanInputs, plant: PlantModel, run: PlantRun) -> FloatArray:
    """Return the present mode, then that of each step."""
    return StateFeatures.of([inputs.plants_now[plant.plant_id], *run.states]).mode


def _server_limits(it: ItCase, simulation: Simulation) -> Iterator[LimitShortfall]:
    for name, case in it.pools.items():
        if name not in simulation.decisions.awake:
            continue
        awake = simulation.decisions.awake[name]
        works = [work.work.id for work in it.works.values() if work.work.pool == name]
        jobs = it.job_powers_kw(name, simulation.decisions.jobs_kw) if name in it.jobs else []
        work = sum([*(simulation.decisions.work_kw[key] for key in works), *jobs], np.zeros(case.steps))
        lag, slowed = (
            case.wake_steps,
            simulation.decisions.slowed.get(name, np.zeros((len(case.levels) - 1, case.steps))),
        )
        ready = np.minimum(awake, np.concatenate([np.full(lag, case.awake_now), awake[: case.steps - lag]]))
        ready = ready - case.lost_frac @ slowed
        yield _worst(it.inputs, f"{name} headroom", case.need - ready, "servers")
        yield _worst(
            it.inputs, f"{name} room for deferrable work", _work_excess_kw(work, ready, case.need, case.work_kw), "kW"
        )
        for counts in (awake, *slowed, awake - slowed.sum(axis=0)):
            yield _worst(it.inputs, f"{name} servers", np.abs(counts - np.round(counts)), "servers")
            yield _worst(it.inputs, f"{name} servers", np.maximum(counts - case.pool.servers, -counts), "servers")
        yield from _times_hold(it.inputs, case, awake)


def _named_limits(it: ItCase, plan: Plan, decisions: Decisions) -> Iterator[LimitShortfall]:
    for pool, names in it.named_pools():
        for name, excess, unit in name_excesses(it.pools[pool], names, plan.server_moves, decisions.awake[pool]):
            yield _worst(it.inputs, name, excess, unit)


def _times_hold(inputs: PlanInputs, case: PoolCase, awake: FloatArray) -> Iterator[LimitShortfall]:
    """Count servers that would sleep or wake sooner than they may, and those that boot at once."""
    name, change = case.pool.id, np.diff(awake, prepend=case.awake_now)
    woken, slept = np.maximum(change, 0.0), np.maximum(-change, 0.0)
    fresh, gone = _in_last(woken, case.awake_steps), _in_last(slept, case.asleep_steps)
    yield _worst(inputs, f"{name} minimum awake time", fresh - awake, "servers")
    yield _worst(inputs, f"{name} minimum asleep time", gone - (case.pool.servers - awake), "servers")
    yield _worst(inputs, f"{name} servers woken at once", woken - case.most_wakes, "servers")


def _in_last(servers: FloatArray, steps: int) -> FloatArray:
    """Return the sum of each step and those before it, so many in all."""
    so_far = np.cumsum(servers)
    return np.asarray(so_far - np.concatenate([np.zeros(min(steps, len(servers))), so_far])[: len(servers)])


def _work_excess_kw(work: FloatArray, ready: FloatArray, need: FloatArray, work_kw: float) -> FloatArray:
    return np.asarray(work - np.maximum(ready - need, 0.0) * work_kw)


def _work_limits(it: ItCase, simulation: Simulation) -> Iterator[LimitShortfall]:
    for name, case in it.works.items():
        power = simulation.decisions.work_kw[name]
        done = np.cumsum(power) * case.step_h
        yield _worst(it.inputs, f"{name} power", np.maximum(power - case.max_power_kw, -power), "kW")
        yield _worst(it.inputs, f"{name} work before it arrives", done - case.available_kwh, "kWh")
        yield _worst(it.inputs, f"{name} due time", case.required_kwh - done, "kWh")


def _job_limits(it: ItCase, simulation: Simulation) -> Iterator[LimitShortfall]:
    for pool, case in it.jobs.items():
        powers = it.job_powers_kw(pool, simulation.decisions.jobs_kw)
        yield from (_worst(it.inputs, name, excess, unit) for name, excess, unit in job_excesses(case, powers))
        if it.pools[pool].measured and not it.pools[pool].planned:
            room = np.sum(powers, axis=0) - it.pools[pool].spare_kw
            yield _worst(it.inputs, f"{pool} room for deferrable work", room, "kW")


def _battery_limits(it: ItCase, simulation: Simulation) -> Iterator[LimitShortfall]:
    for name, case in it.batteries.items():
        power = simulation.decisions.charge_kw[name]
        stored = case.course_kwh(power)
        least = case.least_kwh(np.asarray(case.reserve_kwh(simulation.chain.ups_output_kw)))
        yield _worst(it.inputs, f"{name} power", np.abs(power) - case.battery.power_kw, "kW")
        yield _worst(it.inputs, f"{name} capacity", stored - case.most_kwh, "kWh")
        yield _worst(it.inputs, f"{name} reserve", least - stored, "kWh")


def _tank_limits(it: ItCase, simulation: Simulation) -> Iterator[LimitShortfall]:
    for name, case in it.thermal.tanks.items():
        charge = simulation.decisions.cold_kw[name]
        stored = case.course_kwh(charge)
        water = np.array([state.leaving_water_degc for state in simulation.plants[case.plant_id].states])
        yield _worst(
            it.inputs, f"{name} power", np.maximum(charge - case.most_charge_kw, -charge - case.power_kw), "kW"
        )
        yield _worst(it.inputs, f"{name} capacity", stored - case.capacity_kwh, "kWh")
        yield _worst(it.inputs, f"{name} reserve", case.least_kwh - stored, "kWh")
        yield _worst(it.inputs, f"{name} warmer than the supply", case.useless_kw(charge, water), "kW")


def _heat_limits(it: ItCase, simulation: Simulation) -> Iterator[LimitShortfall]:
    for name, case in it.thermal.pumps.items():
        heat = simulation.decisions.heat_kw[name]
        beyond = np.where(heat > 0.0, np.maximum(heat - case.most_kw, case.least_kw - heat), -heat)
        yield _worst(it.inputs, f"{name} heat", beyond, "kW")
        yield _worst(it.inputs, f"{name} minimum run time", case.changes_too_soon(heat), "steps")
    for name, contract in it.thermal.contracts.items():
        excess = contract.excess_kwh(it.thermal.contract_heat_kw(name, simulation.decisions))
        yield _worst(it.inputs, f"{name} heat that nobody takes", excess, "kWh")


def _power_limits(inputs: PlanInputs, simulation: Simulation) -> Iterator[LimitShortfall]:
    electrical, chain = inputs.site.electrical, simulation.chain
    if electrical.import_limit_kw is not None:
        yield _worst(inputs, f"{electrical.main_meter} import limit", chain.site_kw - electrical.import_limit_kw, "kW")
    name = "no export" if inputs.export_limit_kw == 0.0 else "export limit"
    yield _worst(inputs, f"{electrical.main_meter} {name}", -chain.site_kw - inputs.export_limit_kw, "kW")
    for curve, load_kw in ((electrical.ups, chain.ups_output_kw), (electrical.transformer, chain.transformer_load_kw)):
        yield _worst(inputs, f"{curve.id} rated power", load_kw - curve.rated_kw, "kW")


def _array_limits(it: ItCase, simulation: Simulation) -> Iterator[LimitShortfall]:
    for name, case in it.arrays.items():
        limit_kw = simulation.decisions.array_limit_kw[name]
        yield _worst(it.inputs, f"{name} power limit", np.maximum(limit_kw - case.array.rated_kw, -limit_kw), "kW")
    held = [name for name, battery in it.batteries.items() if battery.from_sun_only]
    if held:
        taken_kw = sum(np.maximum(simulation.decisions.charge_kw[name], 0.0) for name in held)
        excess_kw = taken_kw - it.solar_kw(simulation.decisions.array_limit_kw) - it.grid_charge_kw()
        yield _worst(it.inputs, f"{' and '.join(held)} charge from photovoltaics", excess_kw, "kW")


def _promises(it: ItCase, simulation: Simulation) -> Iterator[LimitShortfall]:
    for case in it.commitments:
        if case.commitment.penalty_per_kwh is None:
            yield case.shortfall(simulation.site_kw)


def _sums(inputs: PlanInputs, simulation: Simulation) -> Iterator[LimitShortfall]:
    """Yield what is limited over the whole horizon."""
    budget_kg = carbon_budget_kg(inputs)
    if budget_kg is not None:
        name = f"{inputs.site.electrical.main_meter} carbon budget"
        yield LimitShortfall(name, carbon_kg(inputs, simulation.site_kw) - budget_kg, "kg")
    for goal, cap in inputs.goal_caps.items():
        above = goal_value(simulation.cost, goal) - cap
        yield LimitShortfall(f"site goal {goal}", 100.0 * above / max(abs(cap), 1.0), "%")
