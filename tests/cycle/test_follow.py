"""Following a plan by the product's own history and journal: what is corrected, kept and shown."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from facility.advise.corrected import tracking_document
from facility.advise.why import CORRECTED, explanation_rows
from facility.environment import open_environment
from facility.errors import NoPlanFoundError
from facility.follow import Follower
from facility.history.telemetry import open_telemetry
from facility.records import RecommendationKind, RecommendationState
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.prepare.conftest import FixedClock, write
from tests.prepare.following import START, STEPS, plan_of

FIVE_MIN = timedelta(minutes=5)
MEASURED = {
    "battery-1.charge_power_kw": -50.0,
    "battery-1.state_of_charge_frac": 0.73,
    "battery-1.charge_power_setpoint_kw": -50.0,
    "batch.deferrable_power_kw": 20.0,
    "batch.deferrable_backlog_kwh": 40.0,
}


def test_a_load_surprise_is_corrected_kept_explained_and_taken_back(demo: LoadedSite, tmp_path: Path) -> None:
    state, clock, plan = StateFolder(tmp_path), FixedClock(START), plan_of()
    follower = Follower(demo)
    drawn_kw = (500.0, 500.0, 575.0, 580.0, 500.0, 500.0, 500.0)
    changes, recommended = [], []
    for number, kw in enumerate(drawn_kw):
        clock.time = START + number * FIVE_MIN
        with open_telemetry(state, table_uri=None, raw_retention_days=100, clock=clock) as store:
            end = clock.time + timedelta(seconds=30)
            write(store, {**MEASURED, "utility.power_kw": kw}, end - FIVE_MIN, end, timedelta(seconds=30))
        with open_environment(demo, state, clock) as environment:
            if not number:
                environment.journal.save_plan(plan, [], "cycle-1")
            tracking = follower.follow(environment, plan)
            changes.append({one.equipment: one.value - one.planned for one in tracking.corrections})
            recommended.append(environment.journal.recommendations(RecommendationState.PROPOSED))
    assert changes[0] == changes[1] == {}
    assert changes[2]["battery-1"] < -20.0
    assert changes[-1] == {}
    (battery, *_) = [one for one in recommended[2] if one.equipment == "battery-1"]
    assert battery.kind is RecommendationKind.CORRECTION
    assert battery.points == ("battery-1.charge_power_setpoint_kw",)
    assert battery.expires == START + 2 * FIVE_MIN + demo.site.planning.valid_for
    assert "demand window" in battery.reason and "the plan has -50.0 kW" in battery.reason
    rows = explanation_rows(plan, recommended[2], "EUR")
    assert any(row["topic"] == CORRECTED and "demand window" in row["statement"] for row in rows)
    assert not recommended[-1]


def test_a_limit_that_cannot_be_held_is_named_in_the_journal_once(demo: LoadedSite, tmp_path: Path) -> None:
    state, clock, plan = StateFolder(tmp_path), FixedClock(START), plan_of()
    measured = {**MEASURED, "battery-1.state_of_charge_frac": 0.05, "utility.power_kw": 1000.0}
    follower = Follower(demo)
    for number in range(2):
        clock.time = START + number * FIVE_MIN
        with open_telemetry(state, table_uri=None, raw_retention_days=100, clock=clock) as store:
            end = clock.time + timedelta(seconds=30)
            write(store, measured, end - FIVE_MIN, end, timedelta(seconds=30))
        with open_environment(demo, state, clock) as environment:
            if not number:
                environment.journal.save_plan(plan, [], "cycle-1")
            tracking = follower.follow(environment, plan)
            events = environment.journal.events(kind="plan.followed")
    assert "import limit" in {one.limit for one in tracking.shortfalls}
    assert "import limit short by" in json.dumps(tracking_document(tracking))
    assert len(events) == 1
    assert "import limit short by" in str(events[0].detail["said"])


def test_a_plan_that_has_ended_is_not_followed(demo: LoadedSite, tmp_path: Path) -> None:
    clock = FixedClock(START + STEPS * timedelta(minutes=15))
    plan = replace(plan_of(), created=START)
    with (
        open_environment(demo, StateFolder(tmp_path), clock) as environment,
        pytest.raises(NoPlanFoundError, match="plan plan-1 has ended; `facility recommend SITE` makes a new one"),
    ):
        Follower(demo).follow(environment, plan)
