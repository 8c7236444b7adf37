"""What the planner's process does between two plans."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from facility.environment import open_environment
from facility.follow import Follower
from facility.heartbeat import Heartbeat, read_health
from facility.history.telemetry import open_telemetry
from facility.records import RecommendationState
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


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    state, clock, loaded = StateFolder(tmp_path), FixedClock(AT), load_site(DEMO)
    with open_telemetry(state, table_uri=None, raw_retention_days=100, clock=clock) as store:
        write(store, MEASURED, AT - timedelta(minutes=4), AT + timedelta(seconds=30), timedelta(minutes=1))
    with open_environment(loaded, state, clock) as environment:
        environment.journal.save_plan(plan_of(), [], "cycle-1")
    return Worker(state, clock, Heartbeat(state, "planner", clock), loaded)


def test_the_plan_in_force_is_corrected_and_that_is_said(worker: Worker) -> None:
    follow_once(worker, Follower(worker.loaded), plan_of())
    (health,) = read_health(worker.state, AT)
    assert "battery-1.charge_power_setpoint_kw" in health.detail["corrected"]
    assert health.detail["follow_error"] is None
    with open_environment(worker.loaded, worker.state, worker.clock) as environment:
        proposed = environment.journal.recommendations(RecommendationState.PROPOSED)
    assert "battery-1" in {one.equipment for one in proposed}


def test_a_plan_that_outlived_its_cycles_is_followed_no_more(worker: Worker) -> None:
    old = replace(plan_of(), created=AT - worker.loaded.site.planning.valid_for)
    follow_once(worker, Follower(worker.loaded), old)
    assert not read_health(worker.state, AT)


def test_what_cannot_be_followed_is_an_error_that_is_said_and_ends_nothing(worker: Worker) -> None:
    (worker.state.findings).write_text("no findings at all", encoding="utf-8")
    follow_once(worker, Follower(worker.loaded), plan_of())
    (health,) = read_health(worker.state, AT)
    assert "findings" in health.detail["follow_error"]
