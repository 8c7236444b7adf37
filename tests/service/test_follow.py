"""What the planner's process does between two plans."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from facility.cycle import CycleOutcome
from facility.environment import open_environment
from facility.follow import Follower
from facility.heartbeat import Heartbeat, read_health
from facility.history.telemetry import open_telemetry
from facility.plan.statistics import SolveStatistics
from facility.prepare.condition import Condition
from facility.records import Plan, RecommendationState
from facility.service.planner import follow_once
from facility.service.worker import Worker
from facility.site_file import load_site
from facility.state import StateFolder
from tests.prepare.conftest import DEMO, FixedClock, write
from tests.prepare.following import START, plan_of

AT = START + timedelta(minutes=5)
MEASURED = {
    "utility.power_kw": 600.0,
    "battery-1.charge_power_kw": -50.0,
    "battery-1.state_of_charge_frac": 0.74,
    "batch.deferrable_power_kw": 20.0,
    "batch.deferrable_backlog_kwh": 40.0,
}


def outcome_of(plan: Plan, condition: Condition | None = None) -> CycleOutcome:
    return CycleOutcome(plan, (), SolveStatistics(), condition or Condition())


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    state, clock, loaded = StateFolder(tmp_path), FixedClock(AT), load_site(DEMO)
    with open_telemetry(state, table_uri=None, raw_retention_days=100, clock=clock) as store:
        write(store, MEASURED, AT - timedelta(minutes=4), AT + timedelta(seconds=30), timedelta(minutes=1))
    with open_environment(loaded, state, clock) as environment:
        environment.journal.save_plan(plan_of(), [], "cycle-1")
    return Worker(state, clock, Heartbeat(state, "planner", clock), loaded)


def test_the_plan_in_force_is_corrected_and_that_is_said(worker: Worker) -> None:
    assert follow_once(worker, Follower(worker.loaded), outcome_of(plan_of()))
    (health,) = read_health(worker.state, AT)
    assert "battery-1.charge_power_setpoint_kw" in health.detail["corrected"]
    assert health.detail["follow_error"] is None
    with open_environment(worker.loaded, worker.state, worker.clock) as environment:
        proposed = environment.journal.recommendations(RecommendationState.PROPOSED)
    assert "battery-1" in {one.equipment for one in proposed}


def test_a_plan_that_outlived_its_cycles_is_followed_no_more(worker: Worker) -> None:
    old = replace(plan_of(), created=AT - worker.loaded.site.planning.valid_for)
    assert follow_once(worker, Follower(worker.loaded), outcome_of(old))
    assert not read_health(worker.state, AT)


def test_what_cannot_be_followed_is_an_error_that_is_said_and_ends_nothing(worker: Worker) -> None:
    (worker.state.findings).write_text("no findings at all", encoding="utf-8")
    assert follow_once(worker, Follower(worker.loaded), outcome_of(plan_of()))
    (health,) = read_health(worker.state, AT)
    assert "findings" in health.detail["follow_error"]


def report(worker: Worker, **values: float) -> None:
    named = {name.replace("__", ".").replace("_of_", "-"): value for name, value in values.items()}
    with open_telemetry(worker.state, table_uri=None, raw_retention_days=100, clock=worker.clock) as store:
        write(store, named, AT - timedelta(minutes=1), AT + timedelta(seconds=30), timedelta(seconds=10))


def proposed(worker: Worker) -> set[str]:
    with open_environment(worker.loaded, worker.state, worker.clock) as environment:
        return {one.equipment for one in environment.journal.recommendations(RecommendationState.PROPOSED)}


def test_a_plan_that_did_not_know_of_a_failed_machine_stands_no_more(worker: Worker) -> None:
    report(worker, crah_of_1__fault_status=3.0, crah_of_1__on_status=0.0)
    assert not follow_once(worker, Follower(worker.loaded), outcome_of(plan_of()))
    assert proposed(worker) == set()
    known = outcome_of(plan_of(), Condition(out_of_order=frozenset({"crah-1"})))
    assert follow_once(worker, Follower(worker.loaded), known)
    assert "battery-1" in proposed(worker)


def test_in_an_abnormal_state_what_was_corrected_is_taken_back_and_nothing_is_followed(worker: Worker) -> None:
    follower = Follower(worker.loaded)
    assert follow_once(worker, follower, outcome_of(plan_of()))
    assert "battery-1" in proposed(worker)
    report(worker, utility__utility_status=2.0)
    lost = "utility_lost (utility.utility_status)"
    assert not follow_once(worker, follower, outcome_of(plan_of())), "a plan made before"
    assert proposed(worker) == set()
    assert follow_once(worker, follower, outcome_of(plan_of(), Condition(abnormal=frozenset({lost}))))
    assert proposed(worker) == set()
    with open_environment(worker.loaded, worker.state, worker.clock) as environment:
        (event,) = environment.journal.events(kind="plan.followed")
    assert f"not followed: {lost}" in str(event.detail["said"])
