"""Planning: CPU, memory and gap of 48-hour plans of a campus and of the demo site, against bound and branch and bound."""

from __future__ import annotations

from collections.abc import Sequence

from facility.plan.baseline import baseline
from facility.plan.case import ItCase, SiteCase
from facility.plan.inputs import PlanInputs
from facility.plan.planner import PlanResult, make_plan
from facility.plan.restrict import branch_and_bound
from facility.plan.tabulate import tables_of
from tools.bench.plan_instance import demo_inputs
from tools.bench.plan_targets import BRANCH_AND_BOUND_S, target_rows
from tools.bench.rows import Row, compared

TARGET_S = 1.0  # for 48 hours
WEATHER = {"frost": 0.0, "spring": 8.0, "summer": 20.0}  # mean wet bulb, C
ORACLE_HOURS, ORACLE_LIMIT_S, ORACLE_GAP = 12.0, 120.0, 1e-5


def run(quick: bool) -> list[Row]:
    """Measure plans of the campus, of the demo in three weathers, and against branch and bound over half a day."""
    hours = 12.0 if quick else 48.0
    make_plan(demo_inputs(3.0))  # imports and first calls are not what is measured
    rows = [*(target_rows(6.0, 10.0) if quick else target_rows(hours, BRANCH_AND_BOUND_S))]
    for name, wet_bulb_degc in WEATHER.items():
        rows += _plan_rows(name, make_plan(demo_inputs(hours, wet_bulb_degc)), hours)
    oracle_hours = 6.0 if quick else ORACLE_HOURS
    rows += _oracle_rows(demo_inputs(oracle_hours, WEATHER["spring"]))
    return rows


def _plan_rows(name: str, result: PlanResult, hours: float) -> Sequence[Row]:
    plan, statistics = result.plan, result.statistics
    what, cost, surrogate = f"{name}, {hours:g} h", plan.cost.total_cost, statistics.surrogate_cost
    held, total = plan.baseline_cost.total_cost, sum(statistics.cpu_seconds.values())
    return [
        compared(f"{what}: plan in all", total, "s CPU", TARGET_S * hours / 48.0),
        *(Row(f"{what}: {stage}", took, "s CPU") for stage, took in statistics.cpu_seconds.items()),
        compared(f"{what}: cost on the surrogate against the bound", surrogate, "EUR", plan.bound),
        compared(f"{what}: re-simulated against surrogate cost", cost, "EUR", surrogate),
        compared(f"{what}: plan against present operation", cost, "EUR", held),
        compared(f"{what}: gap against what can be won", cost - plan.bound, "EUR", held - plan.bound),
    ]


def _oracle_rows(inputs: PlanInputs) -> Sequence[Row]:
    """Compare with branch and bound on the same form; its cost is the reference."""
    it = ItCase.of(inputs)
    case = SiteCase.of(it, tables_of(it), baseline(it)[1])
    exact, _ = branch_and_bound(case, None, ORACLE_LIMIT_S, ORACLE_GAP)
    statistics = make_plan(inputs).statistics
    hours = inputs.steps * inputs.step_h
    return [
        compared(f"{hours:g} h: surrogate cost against branch and bound", statistics.surrogate_cost, "EUR", exact.cost),
        compared(f"{hours:g} h: bound against branch and bound", statistics.bound, "EUR", exact.cost),
    ]
