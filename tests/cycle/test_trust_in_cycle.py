"""A cycle inspects before it plans: what cannot be believed is journaled, kept for other processes, and left out of the plan."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from facility.cli import main
from facility.clock import SystemClock
from facility.cycle import run_cycle
from facility.environment import open_environment
from facility.findings import FindingsFile
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.cycle.lived_in import DEMO, SEED
from tools.demo.backfill import backfill
from tools.simulated_site import SimulatedSite
from tools.simulated_site.faults import Call, Fault, Spell

PROBE = "a05.inlet_temperature_degc"


@pytest.fixture(scope="module")
def state(demo: LoadedSite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day and a half of the demo, in the last three hours of which a rack probe reads 14 K too high."""
    folder, now = tmp_path_factory.mktemp("probe"), datetime.now(UTC)
    simulation = SimulatedSite(demo.site, SEED, now - timedelta(days=1.5))
    simulation.faults.schedule(Spell(PROBE, Call(Fault.BIAS, 14.0), now.timestamp() - 3 * 3600, now.timestamp() + 1e6))
    backfill(demo, simulation, StateFolder(folder), lambda _time: None)
    return folder


@pytest.mark.slow
def test_a_probe_that_reads_high_is_found_and_left_out(
    demo: LoadedSite, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = StateFolder(state)
    with open_environment(demo, folder, SystemClock()) as environment:
        first = run_cycle(environment, "cycle-1")
        run_cycle(environment, "cycle-2")
        told = environment.journal.events(kind="trust")
    assert [(event.kind, event.subject, event.detail["kind"]) for event in told] == [("trust.opened", PROBE, "jump")]
    assert list(FindingsFile(folder.findings).by_point()) == [PROBE]
    # Believed, 36 C at a rack would leave no plan at all: its limit cannot be met. Work may be late, by the hour of the test.
    assert all(one.limit.endswith("due time") for one in first.plan.shortfalls)
    capsys.readouterr()
    assert main(["trust", str(DEMO), "--state", str(state), "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)["findings"]
    assert [(row["point"], row["kind"], row["open"]) for row in shown] == [(PROBE, "jump", True)]


def test_trust_looks_at_any_time_and_changes_nothing(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["trust", str(DEMO), "--state", str(state)]
    before = (datetime.now(UTC) - timedelta(hours=4)).isoformat()
    assert main([*words, "--at", before]) == 0
    assert "No reading before" in capsys.readouterr().out
    now = datetime.now(UTC).isoformat()
    assert main([*words, "--at", now, "--format", "csv"]) == 0
    assert f"{PROBE},jump," in capsys.readouterr().out
    assert main([*words, "--at", "yesterday"]) == 2
    assert main([*words, "--hours", "1"]) == 2
