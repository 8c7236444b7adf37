"""`facility recommend --follow`: the plan in force, corrected by what is measured now."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from facility.cli import main
from facility.clock import SystemClock
from facility.history.journal import open_journal
from facility.history.telemetry import open_telemetry
from facility.state import StateFolder
from tests.prepare.conftest import DEMO, write
from tests.prepare.following import plan_of

MEASURED = {
    "utility.power_kw": 950.0,
    "battery-1.charge_power_kw": -50.0,
    "battery-1.state_of_charge_frac": 0.74,
    "batch.deferrable_power_kw": 20.0,
    "batch.deferrable_backlog_kwh": 40.0,
}


def follow(state: Path, *words: str) -> int:
    return main(["recommend", str(DEMO), "--follow", "--state", str(state), *words])


def test_without_a_plan_there_is_nothing_to_follow(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert follow(tmp_path) == 4
    assert "a plan to follow; `facility recommend SITE` makes one" in capsys.readouterr().err


def test_corrections_are_shown_with_their_reasons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state, now = StateFolder(tmp_path), datetime.now(UTC)
    plan = replace(plan_of(), start=now - timedelta(minutes=10), created=now - timedelta(minutes=10))
    with closing(open_journal(None, state)) as journal:
        journal.save_plan(plan, [], "cycle-1")
    with open_telemetry(state, table_uri=None, raw_retention_days=100, clock=SystemClock()) as store:
        write(store, MEASURED, now - timedelta(minutes=4), now, timedelta(seconds=30))
    assert follow(tmp_path, "--format", "json") == 0
    document = json.loads(capsys.readouterr().out)
    battery = next(one for one in document["corrections"] if one["equipment"] == "battery-1")
    assert (battery["planned"], battery["targets"]) == (-50.0, "battery-1.charge_power_setpoint_kw")
    assert battery["value"] < -70.0
    assert "import limit would be passed by" in battery["reason"]
    assert follow(tmp_path) == 0
    assert "plan plan-1 followed" in capsys.readouterr().out
