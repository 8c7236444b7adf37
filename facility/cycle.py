"""The whole cycle: what is measured, what is expected, what the plant would answer, what to change. Start reading here.

Readings arrive through `facility.acquire` (socket to reading) and rest in `facility.history`; `facility.learn` turns them
into models. A cycle takes the newest of both and ends with recommendations in the journal, for a facility engineer to review.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from facility.advise.recommend import dropped, recommendations_of
from facility.environment import Environment
from facility.learn.learned import load_learned
from facility.plan.bases import Bases
from facility.plan.planner import make_plan
from facility.plan.statistics import SolveStatistics
from facility.prepare.condition import Condition, condition_of
from facility.prepare.present import inputs_at
from facility.records import Event, LeverSaving, Plan, Recommendation
from facility.trust.believed import BelievedTelemetry
from facility.trust.store import keep_watch
from facility.workload import Job


@dataclass(frozen=True, slots=True)
class CycleOutcome:
    """A verified plan, the recommendations made of it, what solving took, and the plant's own reports that it was made under."""

    plan: Plan
    recommendations: Sequence[Recommendation]
    statistics: SolveStatistics
    condition: Condition


def run_cycle(
    environment: Environment, correlation_id: str, jobs: Sequence[Job] = (), bases: Bases | None = None
) -> CycleOutcome:
    """Measure, leave out what cannot be believed, expect, plan, verify, recommend, and journal the outcome.

    `bases` are those of the cycles before, if this process ran any.

    Raises
    ------
    facility.errors.NotEnoughDataError, facility.errors.SignalError, facility.errors.PlanError
        When there is no plan; the plant stays on its own controls.
    """
    loaded, now = environment.loaded, environment.clock.now()
    findings = keep_watch(loaded, environment.telemetry, environment.journal, environment.findings, now)
    telemetry = BelievedTelemetry(environment.telemetry, findings)
    condition = condition_of(loaded, telemetry, now)  # what fails from here on the plan does not know
    last = environment.journal.latest_plan()
    inputs = inputs_at(
        loaded,
        telemetry,
        environment.signals,
        load_learned(environment.models, loaded.site),
        now,
        archive=environment.archive,
        correlation_id=correlation_id,
        jobs=jobs,
        last_plan=last,
    )
    result = make_plan(replace(inputs, in_force=last), bases)
    recommendations = recommendations_of(result.plan, result.levers, loaded.points, loaded.site.planning.valid_for)
    environment.journal.save_plan(result.plan, recommendations, correlation_id)
    if _limits(result.plan) - _limits(last):
        environment.journal.append(_cut_short_event(result.plan, now, correlation_id))
    for lever in dropped(result.levers):
        environment.journal.append(_dropped_event(lever, now, correlation_id))
    return CycleOutcome(result.plan, recommendations, result.statistics, condition)


def _limits(plan: Plan | None) -> set[str]:
    """Return the limits that cannot be met after a plan."""
    return set() if plan is None else {one.limit for one in plan.unmet}


def _cut_short_event(plan: Plan, now: datetime, correlation_id: str) -> Event:
    detail = {"plan": plan.id, "until": plan.end.isoformat(), "unmet": "; ".join(map(str, plan.unmet))}
    return Event(now, "plan.cut_short", plan.site_id, "planner", detail, correlation_id)


def _dropped_event(lever: LeverSaving, now: datetime, correlation_id: str) -> Event:
    detail = {"recommended": lever.recommended, "saving_cost_per_day": lever.saving_cost_per_day.value}
    return Event(
        now, "recommendation.dropped", f"{lever.equipment}.{lever.quantity}", "planner", detail, correlation_id
    )
