"""`facility review` where a recommendation asks for two people, and comments."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from facility.cli import main
from facility.history.review_book import ReviewBook
from facility.review.decision import Decider, Decision
from facility.site_file import load_site
from facility.site_journal import open_site_journal
from facility.site_review import open_review_book
from facility.state import StateFolder
from tests.api.records_for_tests import plan, recommendation

BY_API = Decider.known_as("eve", "eve")


@pytest.fixture
def state(example_site: Path, tmp_path: Path) -> StateFolder:
    loaded, folder = load_site(example_site), StateFolder(tmp_path / "state")
    now = datetime.now(UTC)
    plain = recommendation(loaded, 1, now + timedelta(minutes=30))
    risky = replace(
        recommendation(loaded, 2, now + timedelta(minutes=30)),
        equipment="plant-1", quantity="chillers_staged_command", current=2.0, recommended=1.0, unit="count",
    )  # fmt: skip
    with closing(open_site_journal(loaded, folder)) as journal:
        journal.save_plan(plan(loaded, now), [plain, risky], "correlated")
    return folder


@pytest.fixture
def book(example_site: Path, state: StateFolder) -> Iterator[ReviewBook]:
    with closing(open_review_book(load_site(example_site), state)) as opened:
        yield opened


def review(action: str, site: Path, state: StateFolder, *words: str) -> int:
    return main(["review", action, str(site), *words, "--state", str(state.root)])


def test_one_user_is_not_two_people_whatever_names_are_given(
    example_site: Path,
    state: StateFolder,
    book: ReviewBook,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert review("approve", example_site, state, "rec-2", "--by", "R. Weber") == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "proposed" in shown
    assert "2 people" in shown
    assert review("approve", example_site, state, "rec-1", "rec-2", "--by", "L. Nowak") == 1
    told = capsys.readouterr().err
    assert "rec-2 was approved by R. Weber, the same person as L. Nowak, and needs another person" in told
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(variable, "somebody-else")
    assert review("approve", example_site, state, "rec-2") == 1
    assert [one.recommendation.state.value for one in book.listed()] == ["proposed", "proposed"]
    book.decide(["rec-2"], Decision.APPROVE, BY_API, reason="", at=datetime.now(UTC))
    assert [one.recommendation.state.value for one in book.listed()] == ["proposed", "approved"]


def test_who_approved_through_the_api_does_not_approve_here_again(
    example_site: Path, state: StateFolder, book: ReviewBook, capsys: pytest.CaptureFixture[str]
) -> None:
    book.decide(["rec-2"], Decision.APPROVE, BY_API, reason="", at=datetime.now(UTC))
    assert review("approve", example_site, state, "rec-2", "--by", "Eve") == 1
    assert review("approve", example_site, state, "rec-2", "--by", "R. Weber") == 0
    assert [one.by for one in book.found("rec-2").moves] == ["R. Weber"]


def test_the_list_says_how_many_people_are_needed_and_why(
    example_site: Path, state: StateFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert review("approve", example_site, state, "rec-2", "--by", "R. Weber") == 0
    capsys.readouterr()
    assert review("list", example_site, state, "--format", "csv") == 0
    plain, risky = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (plain["risk"], plain["people"], plain["still_needed"], plain["endorsed_by"]) == ("normal", "1", "1", "")
    assert (risky["risk"], risky["people"], risky["still_needed"], risky["endorsed_by"]) == (
        "high",
        "2",
        "1",
        "R. Weber",
    )
    assert risky["risk_why"].startswith("fewer chillers run")


def test_a_comment_is_kept_and_shown(
    example_site: Path, state: StateFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert review("comment", example_site, state, "rec-1", "is the crane booked?", "--by", "R. Weber") == 0
    assert "is the crane booked?" in capsys.readouterr().out
    assert review("reject", example_site, state, "rec-1", "--by", "L. Nowak", "--reason", "no crane") == 0
    capsys.readouterr()
    assert review("show", example_site, state, "rec-1", "--format", "json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["recommendation"]["state"] == "rejected"
    assert [(one["by"], one["text"]) for one in shown["comments"]] == [("R. Weber", "is the crane booked?")]
    assert [(one["after"], one["by"], one["reason"]) for one in shown["transitions"]] == [
        ("rejected", "L. Nowak", "no crane")
    ]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["comment", "rec-9", "hm"], "no recommendation 'rec-9'"),
        (["comment", "rec-1", " "], "say something"),
        (["comment", "rec-1", "\x1b[2J"], "characters that are no text"),
        (["show", "rec-9"], "no recommendation 'rec-9'"),
        (["reject", "rec-1", "--reason", " "], "say why"),
    ],
)
def test_what_is_refused(
    example_site: Path, state: StateFolder, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    action, *rest = words
    assert review(action, example_site, state, *rest) == 1
    assert says in capsys.readouterr().err
