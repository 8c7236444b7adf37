"""`facility commission`: steps shown, proposed beside a plan, reviewed one by one, and reported once they taught something."""

from __future__ import annotations

import json
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from facility.cli import main
from facility.clock import SystemClock
from facility.review.decision import Decider, Decision
from facility.site_file import load_site
from facility.site_review import open_review_book
from facility.state import StateFolder
from tests.cycle.lived_in import DEMO, live

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commission")
    live(load_site(DEMO), StateFolder(folder), 4.0)
    return folder


def run(capsys: pytest.CaptureFixture[str], state: Path, command: str, *words: str) -> tuple[int, str, str]:
    code = main([*command.split(), str(DEMO), "--state", str(state), *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def document(capsys: pytest.CaptureFixture[str], state: Path, command: str, *words: str) -> Any:
    code, out, error = run(capsys, state, command, *words, "--format", "json")
    assert code == 0, error
    return json.loads(out)


def test_steps_are_shown_proposed_reviewed_and_reported(capsys: pytest.CaptureFixture[str], state: Path) -> None:
    shown = document(capsys, state, "commission")
    assert shown["steps"] and shown["proposed"] == []
    for step in shown["steps"]:
        assert (
            step["worst_inlet_degc"] is None or step["risk_k"] <= 0 or step["worst_inlet_degc"] < step["inlet_max_degc"]
        )
    code, _, error = run(capsys, state, "commission", "--propose")
    assert code == 1 and "no plan yet" in error and "facility recommend" in error

    assert run(capsys, state, "recommend")[0] == 0
    code, out, _ = run(capsys, state, "commission", "--propose")
    assert code == 0 and "steps proposed" in out and "Commissioning: one setpoint at a time" in out
    assert run(capsys, state, "recommend")[0] == 0  # the next plan leaves them proposed
    listed = [row for row in document(capsys, state, "review list") if row["kind"] == "commissioning"]
    assert len(listed) == len(shown["steps"])
    again = document(capsys, state, "commission", "--propose")["proposed"]  # supersedes what nobody decided about
    waiting = [row["id"] for row in document(capsys, state, "review list") if row["kind"] == "commissioning"]
    assert sorted(waiting) == sorted(row["id"] for row in again)
    decided = document(capsys, state, "review approve", waiting[0], "--by", "eve")
    assert (decided[0]["state"], decided[0]["still_needed"]) == ("proposed", 1)  # a try asks for two people
    mia = Decider.known_as("mia", "mia")
    with closing(open_review_book(load_site(DEMO), StateFolder(state))) as book:
        book.decide([waiting[0]], Decision.APPROVE, mia, reason="", at=SystemClock().now())
    code, out, _ = run(capsys, state, "review list")
    assert "teaches" in out
    code, _, error = run(capsys, state, "commission", "--propose")
    assert code == 1 and "approved steps go on until" in error

    code, _, error = run(capsys, state, "commission", "--report")
    assert code == 1 and "--since VERSION" in error
    versions = [document(capsys, state, "train")["version"]]
    code, _, error = run(capsys, state, "commission", "--report", "--since", versions[0])
    assert code == 1 and "facility train" in error
    time.sleep(1.0)  # versions are named by their second
    versions.append(document(capsys, state, "train")["version"])
    told = document(capsys, state, "commission", "--report", "--since", versions[0])
    assert (told["before"]["version"], told["after"]["version"]) == tuple(versions)
    assert {"part", "feature", "before_low", "after_high", "wider_by"} <= set(told["ranges"][0])
    assert told["before"]["unmoved"] and told["after"]["unmoved"]
    assert told["tries"] == []  # none is over
    assert {row["quantity"] for row in told["effects"]} >= {"fan_speed_setpoint_frac"}
    assert all(row["facility_kw"] < 0 for row in told["effects"] if row["quantity"] == "fan_speed_setpoint_frac")
    code, out, _ = run(capsys, state, "commission", "--report", "--since", versions[0])
    assert (
        code == 0
        and "What a step does" in out
        and "Ranges seen" in out
        and "Setpoints that history has never moved" in out
    )


def test_looking_back_and_ahead_at_once_is_refused(capsys: pytest.CaptureFixture[str], state: Path) -> None:
    for words in (["--report", "--propose"], ["--since", "x"], ["--begin", "2001-01-01T00:00"]):
        code, _, error = run(capsys, state, "commission", *words)
        assert code == 2 and error.startswith("facility: --")
