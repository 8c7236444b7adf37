"""The whole cycle: what is measured, what is expected, what the plant would answer, what to change. Start reading here.

Readings arrive through `facility.acquire` (socket to reading) and rest in `facility.history`; `facility.learn` turns them
into models. A cycle takes the newest of both and ends with recommendations in the journal, for a facility engineer to review.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from facility.advise.recommend import dropped, recommendations_of
from facility.environment import Environment
from facility.inputs_now import measured_now, with_promises
from facility.keeping_up import KeepingUp, NoPromises
from facility.plan.bases import Bases
from facility.plan.deadline import Timer
from facility.plan.statistics import SolveStatistics
from facility.prepare.condition import Condition, condition_of
from facility.prepare.locked_out import with_lock_outs
from facility.prepare.stood_in import planned_with
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
    environment: Environment,
    correlation_id: str,
    *,
    jobs: Sequence[Job] = (),
    bases: Bases | None = None,
    timer: Timer = time.perf_counter,
    keeping_up: KeepingUp | None = None,
) -> CycleOutcome:
    """Measure, leave out what cannot be believed, expect, plan, verify, recommend, and journal the outcome.

    `bases` are those of the cycles before, if this process ran any; `timer` counts the seconds that the plan may take. With
    `keeping_up` it holds what is promised to the grid while it is made, too.

    Raises
    ------
    facility.errors.NotEnoughDataError, facility.errors.SignalError, facility.errors.PlanError
        When there is no plan; the plant stays on its own controls.
    """
    now, began_s = environment.clock.now(), time.monotonic()
    loaded = with_lock_outs(environment.loaded, environment.lock_outs, now)
    findings = keep_watch(loaded, environment.telemetry, environment.journal, environment.findings, now)
    measured = BelievedTelemetry(environment.telemetry, findings)
    condition = condition_of(loaded, measured, now)  # what fails from here on the plan does not know
    telemetry = planned_with(measured, environment.stand_ins, loaded.points, now)
    last = environment.journal.latest_plan()
    inputs = measured_now(environment, telemetry, last, correlation_id, archive=environment.archive, jobs=jobs)
    keeping_up, measured_s = keeping_up or KeepingUp(NoPromises()), time.monotonic() - began_s
    result = keeping_up.plan(lambda: with_promises(environment, telemetry, inputs), bases, timer, measured_s)
    recommendations = recommendations_of(result.plan, result.levers, loaded.points, loaded.site.planning.valid_for)
    environment.journal.save_plan(result.plan, recommendations, correlation_id, loaded.points.max_steps())
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
