from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from facility.cli import main
from facility.history.journal import open_journal
from facility.records import RecommendationState
from facility.site_file import load_site
from facility.state import StateFolder
from tests.api.records_for_tests import plan, recommendation


@pytest.fixture
def state(example_site: Path, tmp_path: Path) -> StateFolder:
    loaded = load_site(example_site)
    folder = StateFolder(tmp_path / "state")
    now = datetime.now(UTC)
    expiry = [now + timedelta(minutes=30)] * 3 + [now - timedelta(minutes=1)]
    items = [recommendation(loaded, number, expires) for number, expires in enumerate(expiry, start=1)]
    with closing(open_journal(None, folder)) as journal:
        journal.save_plan(plan(loaded, now), items, "correlated")
    return folder


def review(action: str, site: Path, state: StateFolder, *words: str) -> int:
    return main(["review", action, str(site), *words, "--state", str(state.root)])


def states(site: Path, state: StateFolder, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    capsys.readouterr()
    assert review("list", site, state, "--all", "--format", "json") == 0
    return {row["id"]: row["state"] for row in json.loads(capsys.readouterr().out)}


def test_list_shows_what_waits_for_a_decision(
    example_site: Path, state: StateFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert review("list", example_site, state) == 0
    shown = capsys.readouterr().out
    assert "rec-1" in shown
    assert "11.2 (7.9 to 14.1)" in shown
    assert "rec-4" not in shown  # expired
    assert states(example_site, state, capsys)["rec-4"] == "expired"


def test_a_decision_is_journaled_with_who_and_why(
    example_site: Path, state: StateFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert review("approve", example_site, state, "rec-1", "rec-3", "--by", "R. Weber", "--reason", "fits tonight") == 0
    assert (
        review("reject", example_site, state, "rec-2", "--by", "R. Weber", "--reason", "hall 1 is being worked in") == 0
    )
    decided = states(example_site, state, capsys)
    assert decided == {"rec-1": "approved", "rec-2": "rejected", "rec-3": "approved", "rec-4": "expired"}
    with closing(open_journal(None, state)) as journal:
        (move,) = journal.transitions("rec-2")
        events = journal.events(kind="recommendation.rejected")
    assert (move.actor, move.reason, move.after) == (
        "R. Weber",
        "hall 1 is being worked in",
        RecommendationState.REJECTED,
    )
    assert events[0].actor == "R. Weber"


REFUSED = {
    "unknown id": ("rec-1 rec-9", 1, "no recommendation 'rec-9'"),
    "expired": ("rec-1 rec-4", 1, "rec-4 is expired already"),
    "nobody": ("rec-1 --by=", 2, "say who decides"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_a_wrong_decision_moves_nothing(
    example_site: Path, state: StateFolder, capsys: pytest.CaptureFixture[str], case: tuple[str, int, str]
) -> None:
    words, code, says = case
    assert review("approve", example_site, state, *words.split()) == code
    assert says in capsys.readouterr().err
    assert states(example_site, state, capsys)["rec-1"] == "proposed"


def test_a_rejection_needs_a_reason(example_site: Path, state: StateFolder) -> None:
    with pytest.raises(SystemExit) as caught:
        review("reject", example_site, state, "rec-1")
    assert caught.value.code == 2


def test_the_same_decision_twice_is_refused(
    example_site: Path, state: StateFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert review("approve", example_site, state, "rec-1") == 0
    assert review("approve", example_site, state, "rec-1") == 1
    assert "rec-1 is approved already" in capsys.readouterr().err


def test_a_database_that_does_not_answer_is_told_without_its_password(
    example_site: Path, state: StateFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FACILITY_TEST_DB", "postgresql+psycopg://facility:planted@127.0.0.1:1/none?connect_timeout=2")
    with example_site.open("a", encoding="utf-8") as file:
        file.write("journal: {url: env:FACILITY_TEST_DB}\n")
    assert review("list", example_site, state) == 1
    told = capsys.readouterr().err
    assert "journal" in told
    assert "planted" not in told
