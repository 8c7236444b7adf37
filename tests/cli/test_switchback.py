"""`facility switchback` by hand: started, shown with its timetable, and stopped."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from facility.cli import main
from facility.history.journal import open_journal
from facility.records import RecommendationState
from facility.site_file import load_site
from facility.state import StateFolder
from tests.api.records_for_tests import plan, recommendation

Captured = pytest.CaptureFixture[str]


def types(site: Path, console: Captured, action: str, *words: str) -> tuple[int, str, str]:
    console.readouterr()
    code = main(["switchback", action, str(site), *words, "--state", str(site.parent / "state")])
    said = console.readouterr()
    return code, said.out, said.err


def approve(site: Path) -> None:
    loaded, now = load_site(site), datetime.now(UTC)
    with closing(open_journal(None, StateFolder(site.parent / "state"))) as journal:
        journal.save_plan(plan(loaded, now), [recommendation(loaded, 1, now)], "correlated")
        journal.transition("rec-1", RecommendationState.APPROVED, actor="test", reason="", at=now)


def test_by_hand_from_start_to_stop(example_site: Path, capsys: Captured) -> None:
    assert types(example_site, capsys, "show") == (0, "There was no switchback yet.\n", "")
    approve(example_site)
    words = (
        "--by-hand",
        "--pairs",
        "6",
        "--block",
        "6h",
        "--seed",
        "4",
        "--reason",
        "is it worth it?",
        "--by",
        "R. Weber",
    )
    code, out, _ = types(example_site, capsys, "start", "rec-1", *words)
    assert code == 0
    assert "of rec-1: the change is o" in out and "to be switched by hand" in out
    shown: dict[str, Any] = json.loads(types(example_site, capsys, "show", "--format", "json")[1])
    assert (shown["seed"], shown["started"]["by"], shown["stopped"]) == (4, "R. Weber", None)
    assert [block["change"] for block in shown["blocks"]].count("on") == 6
    assert "a block that is over" in shown["unmeasured"]
    code, out, _ = types(example_site, capsys, "stop", shown["id"], "--reason", "enough")
    assert code == 0 and "over: enough" in out
    code, _, err = types(example_site, capsys, "show", "sb9")
    assert code == 1 and "no switchback 'sb9'" in err


def test_what_makes_no_sense_is_refused(example_site: Path, capsys: Captured) -> None:
    approve(example_site)
    code, _, err = types(example_site, capsys, "start", "rec-1", "--by-hand", "--pairs", "3", "--reason", "too few")
    assert code == 2 and "at least 5 pairs" in err
    code, _, err = types(example_site, capsys, "start", "rec-1", "--by-hand", "--block", "soon", "--reason", "when?")
    assert code == 2 and "--block" in err
