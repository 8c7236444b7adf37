"""What a plan of the campus takes, by the names that are asked for: CPU, memory, gap, and branch and bound on the same instance.

CPU seconds are those from forecasts to the verified plan. What it takes to explain it comes after that, in rows of its own.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from facility.errors import NoPlanFoundError
from facility.plan.baseline import baseline
from facility.plan.bases import Bases
from facility.plan.case import ItCase, SiteCase
from facility.plan.inputs import PlanInputs
from facility.plan.planner import PlanResult, make_plan
from facility.plan.restrict import branch_and_bound
from facility.plan.simulate import simulate, source_power
from facility.plan.tabulate import tables_of
from models.cooling import JointState, Load, PlantModel, answers_for
from tools.bench.plan_campus_inputs import campus_inputs, forecast_anew
from tools.bench.rows import Row, compared

HALLS, PLANTS = 12, 4
CPU_S, WARM_CPU_S, GAP_FRAC, WINNABLE_FRAC, COST_FRAC, TIMES, RSS_MB = 6.0, 2.0, 0.005, 0.05, 0.01, 6.0, 1500.0
AFTERWARDS = ("explain", "scenarios", "publish")  # stages of a plan that is verified
BRANCH_AND_BOUND_S = 300.0  # without an answer by then the ratio is a lower bound, and its unit says so


def target_rows(hours: float, branch_and_bound_s: float) -> Iterator[Row]:
    """Yield the asked figures, each beside what is asked; shorter horizons are for a look."""
    inputs = campus_inputs(1, hours)
    bases = Bases()
    cpu_s, wall_s, result = _timed(inputs, bases)
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    plan, surrogate, bound = result.plan, result.statistics.surrogate_cost, result.statistics.bound
    gap_frac = (surrogate - bound) / abs(surrogate)
    yield compared("plan_48h_cpu_seconds", cpu_s, "s CPU", CPU_S)
    yield Row("plan_48h_seconds", wall_s, "s")
    yield from _stages("campus", result)
    yield compared("plan_48h_gap", gap_frac, "of cost", GAP_FRAC)
    winnable = good_practice_cost(inputs) - bound
    yield compared("plan_48h_gap_of_winnable", (surrogate - bound) / winnable, "of winnable", WINNABLE_FRAC)
    error_frac = abs(plan.cost.total_cost - surrogate) / abs(surrogate)
    yield compared("plan_verify_cost_error", error_frac, "of cost", COST_FRAC)
    yield compared("plan_peak_rss_mb", rss_mb, "MB", RSS_MB)
    warm_s, _, warm = _timed(replace(forecast_anew(inputs), in_force=plan), bases)
    yield compared("plan_48h_warm_cpu_seconds", warm_s, "s CPU", WARM_CPU_S)
    yield from _stages("campus, warm", warm)
    yield _branch_and_bound(inputs, cpu_s, gap_frac, branch_and_bound_s)
    large_s, _, large = _timed(campus_inputs(PLANTS, hours), Bases())
    yield compared(f"plan_{HALLS}_halls_ratio", large_s / cpu_s, "times", TIMES)
    yield Row(f"campus of {HALLS} halls: gap", large.plan.gap, "of cost")


def good_practice_cost(inputs: PlanInputs) -> float:
    """Return what the campus costs under good practice: each plant in its best state in every step, all else as it comes.

    As in `tools.closed_loop.baselines`, servers stay awake, work is done at once, storage stands idle and heat pumps run as their
    contract asks. The plant is better than trim and respond could find it, so that less is left to win. Nobody keeps the event.
    """
    it = ItCase.of(inputs)
    held, work_value = baseline(it)
    power, decisions = source_power(it, held.decisions), held.decisions
    best = {plant.plant_id: _best_states(plant, it.thermal.load(plant, power, decisions)) for plant in inputs.plants}
    return simulate(it, replace(decisions, states=best), work_value).cost.total_cost


def _best_states(plant: PlantModel, load: Load) -> tuple[JointState, ...]:
    states = plant.states()
    power_kw = {at: np.where(one.feasible, one.overhead_kw, np.inf) for at, one in answers_for(plant, states, load)}
    places = list(power_kw)
    return tuple(states[places[best]] for best in np.argmin([power_kw[at] for at in places], axis=0))


def _timed(inputs: PlanInputs, bases: Bases) -> tuple[float, float, PlanResult]:
    """Plan; return CPU seconds and seconds until the plan is verified, and the result."""
    result = make_plan(inputs, bases)
    spent = result.statistics.cpu_seconds, result.statistics.seconds
    cpu_s, wall_s = (sum(took for stage, took in by_stage.items() if stage not in AFTERWARDS) for by_stage in spent)
    return cpu_s, wall_s, result


def _stages(name: str, result: PlanResult) -> Iterator[Row]:
    took = result.statistics.cpu_seconds
    yield Row(f"{name}: whole, explained", sum(took.values()), "s CPU")
    yield from (Row(f"{name}: {stage}", spent, "s CPU") for stage, spent in took.items())


def _branch_and_bound(inputs: PlanInputs, plan_s: float, gap_frac: float, limit_s: float) -> Row:
    """Compare CPU seconds until branch and bound has as small a gap, tables made as for a plan."""
    before, unit = time.process_time(), "times"
    it = ItCase.of(inputs)
    case = SiteCase.of(it, tables_of(it), baseline(it)[1])
    try:
        branch_and_bound(case, None, limit_s, gap_frac)
    except NoPlanFoundError:
        unit = "times at least"
    return Row("plan_branch_and_bound_ratio", (time.process_time() - before) / plan_s, unit)
