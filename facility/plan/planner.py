"""From inputs to a verified plan: tabulate, hold, relax, choose and restrict, explain."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from facility.errors import InfeasibleError, NoPlanFoundError, PlanError
from facility.explanation import Explanation
from facility.plan.baseline import baseline
from facility.plan.bases import Bases
from facility.plan.calm import Said
from facility.plan.case import ItCase, SiteCase
from facility.plan.cut_short import cut_before
from facility.plan.deadline import Deadline, Overtaken, Timer, never
from facility.plan.explain import Explainer
from facility.plan.explained import explanation_of
from facility.plan.first_change import nothing_now
from facility.plan.in_force import decisions_in_force, steps_left
from facility.plan.in_order import in_order
from facility.plan.inputs import DAY_H, PlanInputs
from facility.plan.relax import relax
from facility.plan.scenarios import saving_range
from facility.plan.search import Found, Search
from facility.plan.simulate import PlantRun, Simulation, named_limit
from facility.plan.spare import bearing_losses, spare_notes, with_waivers, without_spare
from facility.plan.statistics import SolveStatistics
from facility.plan.tabulate import tables_of
from facility.plan.timetable import timetable
from facility.plan.verify import violations
from facility.records import LeverSaving, LimitShortfall, Plan
from models.redundant_plant import RedundantPlant

NOTHING_FRAC = 0.0005  # of the cost of present operation: a plan that saves less is not worth a change
COLDER_K = 0.25  # of present supply air below the coldest that may be asked for, before it is no operation to keep
SLACK_FRAC = 0.5  # of the time left, for holding goals to their slack; where that finds no plan, the rest weighs them
_TRIM_FRAC = 0.2  # of a hall's IT power: what coils take beside full outdoor air


@dataclass(frozen=True, slots=True, eq=False)
class PlanResult:
    """A verified plan, what each of its levers saves, and what solving took."""

    plan: Plan
    levers: tuple[LeverSaving, ...]
    statistics: SolveStatistics


def make_plan(
    inputs: PlanInputs, bases: Bases | None = None, timer: Timer = time.perf_counter, overtaken: Overtaken = never
) -> PlanResult:
    """Plan the coming hours; where some of them cannot be met, those before them.

    `bases` are those of plans before, from which solvers begin and which they leave behind; `timer` counts the seconds that it may
    take; `overtaken` is asked before each step of it.

    Raises
    ------
    facility.plan.deadline.OvertakenError
        If it was overtaken. What solvers ended with is left in `bases` all the same.
    facility.errors.InfeasibleError
        Proven: the limits that cannot be met soon, by name and amount.
    facility.errors.NoPlanFoundError
        None found in time; nothing is proven.
    """
    deadline, statistics = Deadline(inputs.time_budget_s, timer, overtaken), SolveStatistics()
    bases = Bases() if bases is None else bases
    with statistics.stage("prepare"):
        while True:
            try:
                return _with_spare_or_without(inputs, statistics, deadline, bases)
            except InfeasibleError as error:
                inputs = cut_before(inputs, error)
                statistics.notes.clear()
            except NoPlanFoundError as error:
                raise NoPlanFoundError("; ".join([str(error), *map(str, inputs.unmet)])) from error


def _with_spare_or_without(
    inputs: PlanInputs, statistics: SolveStatistics, deadline: Deadline, bases: Bases
) -> PlanResult:
    asked = bearing_losses(with_waivers(inputs))
    try:
        return _made(asked, statistics, deadline, bases)
    except (InfeasibleError, NoPlanFoundError) as error:
        if not any(isinstance(plant, RedundantPlant) and plant.left for plant in asked.plants):
            raise
        # Less spare is a risk that a person can weigh; no plan at all leaves the same risk, and nothing said of it.
        statistics.notes.clear()
        return _made(bearing_losses(without_spare(asked, str(error))), statistics, deadline, bases)


def _made(inputs: PlanInputs, statistics: SolveStatistics, deadline: Deadline, bases: Bases) -> PlanResult:
    case, held, run, found = _aimed(inputs, statistics, deadline, bases)
    deadline.check()
    with statistics.stage("explain"):
        levers = tuple(Explainer(case.it, run, held, case.work_value_per_kwh).savings())
        if found is not None:
            statistics.notes.extend(nothing_now(case.it.inputs, levers, run.decisions, held.decisions))
        problem = None if found is None else found.plan.problem
        explanation = explanation_of(case.it, run, problem, case.work_value_per_kwh)
    deadline.check()
    with statistics.stage("scenarios"):
        saved = saving_range(case.it, run, held, case.work_value_per_kwh)
    with statistics.stage("publish"):
        plan = _plan(case, run, held, found, statistics)
        prices = _prices(inputs, explanation)
        plan = replace(plan, explanation=explanation, saving_range=saved, limit_prices=prices)
    return PlanResult(plan, levers, statistics)


def _aimed(
    inputs: PlanInputs, statistics: SolveStatistics, deadline: Deadline, bases: Bases
) -> tuple[SiteCase, Simulation, Simulation, Found | None]:
    """Return the case, the run of present operation, the best run and what it was found as; goals in order first weighed."""
    case, held = _prepared(inputs, statistics, bases)
    if not inputs.site.planning.goals:
        return case, held, *_best(case, held, statistics, deadline)
    with statistics.stage("goals"):
        weighed, note = in_order(case, deadline)
    statistics.notes.append(note)
    case, held = _prepared(weighed, statistics, bases)
    try:
        return case, held, *_best(case, held, statistics, deadline.part(SLACK_FRAC))
    except (NoPlanFoundError, InfeasibleError) as error:
        # The least of a goal is that of the relaxation: no plan may come so near to it as the slack asks.
        statistics.notes.append(f"the goals are weighed, not held to their slack: {error}")
        case, held = _prepared(replace(weighed, goal_caps={}), statistics, bases)
        return case, held, *_best(case, held, statistics, deadline)


def _prepared(inputs: PlanInputs, statistics: SolveStatistics, bases: Bases) -> tuple[SiteCase, Simulation]:
    """Return what is known before solving, and the run of present operation."""
    it = ItCase.of(inputs)
    with statistics.stage("tabulate"):
        tables = tables_of(it)
    with statistics.stage("baseline"):
        held, work_value = baseline(it)
    statistics.states = sum(len(table.states) for table in tables.values())
    return SiteCase.of(it, tables, work_value, _said(it, held, statistics), bases), held


def _colder_than_any_state(case: SiteCase) -> bool:
    """Tell whether some hall's supply air is colder now than may be asked for: what is too damp is not kept for being cheap."""
    for name, plant in case.plants.items():
        now = case.it.inputs.plants_now[name].supply_air_degc
        coldest = np.min([state.supply_air_degc for state in plant.table.states], axis=0)
        if (np.asarray(now) < coldest - COLDER_K).any():
            return True
    return False


def _best(
    case: SiteCase, held: Simulation, statistics: SolveStatistics, deadline: Deadline
) -> tuple[Simulation, Found | None]:
    """Return the cheapest verified run: the plan found, or present operation where nothing better was found in time."""
    holds = not violations(case.it, held)
    try:
        found = _found(case, statistics, deadline)
    except NoPlanFoundError as error:
        if not holds:
            raise
        statistics.notes.append(f"present operation is kept: {error}")
        return held, None
    gain, least = held.cost.total_cost - found.run.cost.total_cost, NOTHING_FRAC * abs(held.cost.total_cost)
    if holds and gain <= least and not _colder_than_any_state(case):
        statistics.notes.append(
            f"nothing to gain, present operation is kept: the best plan found would save {gain:.2f}; "
            f"under {least:.2f} ({100 * NOTHING_FRAC:g} % of the cost) nothing is changed"
        )
        return held, None
    return found.run, found


def _said(it: ItCase, held: Simulation, statistics: SolveStatistics) -> Said:
    """Return what the plan in force said; where there is none that fits, present operation."""
    try:
        decisions = decisions_in_force(it.inputs)
    except PlanError as error:
        statistics.notes.append(f"the plan in force does not fit any more: {error}")
        decisions = None
    if decisions is None:
        return Said.of(it.inputs, held.decisions, it.inputs.steps)
    return Said.of(it.inputs, decisions, steps_left(it.inputs))


def _found(case: SiteCase, statistics: SolveStatistics, deadline: Deadline) -> Found:
    with statistics.stage("relax"):
        relaxed, statistics.bound = relax(case, deadline.solver_s())
    with statistics.stage("search"):
        found = Search(case, statistics, deadline).run(relaxed)
    statistics.surrogate_cost = found.surrogate_cost
    resimulated = found.run.cost.total_cost
    statistics.notes.append(f"cost on the surrogate {found.surrogate_cost:.2f}, re-simulated {resimulated:.2f}")
    return found


def _plan(case: SiteCase, run: Simulation, held: Simulation, found: Found | None, statistics: SolveStatistics) -> Plan:
    it, value = case.it, case.work_value_per_kwh
    inputs, jobs_kw = it.inputs, run.decisions.jobs_kw
    identity = f"{inputs.site.id} {inputs.created.isoformat()} {inputs.correlation_id}".encode()
    return Plan(
        id=hashlib.blake2b(identity, digest_size=8).hexdigest(),
        site_id=inputs.site.id,
        site_revision=inputs.site_revision,
        model_version=inputs.model_version,
        created=inputs.created,
        start=inputs.start,
        step=inputs.site.step,
        schedule=timetable(case.it, run, value),
        baseline=timetable(case.it, held, value),
        modes=dict(_modes(case.it.inputs, run)),
        cost=run.cost,
        baseline_cost=held.cost,
        bound=statistics.bound,
        binding_limits=_binding(run, found),
        shortfalls=tuple(_shortfalls(case, run, found)),
        notes=(*inputs.signal_notes, *case.it.notes(), *spare_notes(inputs), *statistics.notes),
        asleep_servers={pool: tuple(sorted(names.asleep_now)) for pool, names in it.named_pools()},
        server_moves=tuple(move for pool, names in it.named_pools() for move in names.moves(run.decisions.awake[pool])),
        jobs=tuple(run_of for pool, jobs in it.jobs.items() for run_of in jobs.runs(it.job_powers_kw(pool, jobs_kw))),
        commitments=tuple(one.outcome(run.site_kw) for one in case.it.commitments),
        surrogate_cost=None if found is None else found.surrogate_cost,
        goal_weights=inputs.weighed.model_dump(),
        goal_caps=dict(inputs.goal_caps),
        spare_waived=dict(inputs.spare_waived),
        unmet=tuple(sorted(inputs.unmet, key=lambda one: one.since or inputs.start)),
    )


def _modes(inputs: PlanInputs, run: Simulation) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the economizer modes of plants, then those of the halls that breathe outdoor air."""
    for name, plant in run.plants.items():
        yield name, tuple(state.mode.name.lower() for state in plant.states)
        for index, hall in enumerate(inputs.plant(name).halls):
            if inputs.breathes(hall):
                yield hall, tuple(_airside_mode(plant, index))


def _airside_mode(plant: PlantRun, hall: int) -> Iterator[str]:
    trims = plant.response.coil_kw[:, hall] < _TRIM_FRAC * plant.load.it_air_kw[:, hall]
    for is_open, trimmed in zip(plant.response.dampers_open[:, hall], trims, strict=True):
        yield "closed" if not is_open else "full" if trimmed else "partial"


def _binding(run: Simulation, found: Found | None) -> Mapping[str, tuple[str, ...]]:
    """Return the limits that bind: those the plant models name, and those of the problem with a multiplier."""
    pairs = {
        named_limit(name, str(limit))
        for name, plant in run.plants.items()
        for limit in np.unique(plant.response.binding)
    }
    if found is not None:
        pairs |= {(limit.equipment, limit.name) for limit in found.plan.problem.binding()}
    limits = sorted({limit for _, limit in pairs if limit})
    return {limit: tuple(sorted(name for name, other in pairs if other == limit)) for limit in limits}


def _prices(inputs: PlanInputs, explanation: Explanation) -> Mapping[str, float]:
    """Return what a unit more of each binding limit would save over the horizon, as the explanation tells it for a day."""
    days = inputs.steps * inputs.step_h / DAY_H
    return {f"{one.equipment} {one.limit}": one.price_per_day * days for one in explanation.limit_prices}


def _shortfalls(case: SiteCase, run: Simulation, found: Found | None) -> list[LimitShortfall]:
    shortfalls = case.it.shortfalls()
    for battery in case.it.batteries.values():
        shortfalls += battery.shortfalls(run.chain.ups_output_kw)
    if found is not None:
        for name, path in found.paths.items():
            shortfalls += case.plants[name].first.shortfalls(int(path[0]))
    return shortfalls
