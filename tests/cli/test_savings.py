"""`facility savings` before anything was applied, and without readings."""

from __future__ import annotations

import io
import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from facility.cli import main
from facility.cli.savings import tables
from facility.history.journal import open_journal
from facility.records import Interval, RecommendationState
from facility.savings.collect import Collected
from facility.savings.measured import MeasuredSaving
from facility.site_file import load_site
from facility.state import StateFolder
from tests.api.records_for_tests import plan, recommendation

Captured = pytest.CaptureFixture[str]


def types(site: Path, console: Captured, *words: str) -> tuple[int, str, str]:
    console.readouterr()
    code = main(["savings", str(site), "--state", str(site.parent / "state"), *words])
    said = console.readouterr()
    return code, said.out, said.err


def test_nothing_applied_is_said(example_site: Path, capsys: Captured) -> None:
    assert types(example_site, capsys) == (0, "Nothing was applied yet.\n", "")


def test_what_cannot_be_measured_is_said(example_site: Path, capsys: Captured) -> None:
    loaded, now = load_site(example_site), datetime.now(UTC)
    with closing(open_journal(None, StateFolder(example_site.parent / "state"))) as journal:
        journal.save_plan(plan(loaded, now), [recommendation(loaded, 1, now)], "correlated")
        for state in (RecommendationState.APPROVED, RecommendationState.APPLIED):
            journal.transition("rec-1", state, actor="test", reason="", at=now)
    code, out, _ = types(example_site, capsys, "--recommendation", "rec-1")
    assert code == 0
    assert "rec-1: not measured: not enough data" in out
    document = json.loads(types(example_site, capsys, "--format", "json")[1])
    assert document["savings"] == []
    assert document["unmeasured"][0]["name"] == "rec-1"


def test_promise_and_measurement_stand_side_by_side(example_site: Path, capsys: Captured) -> None:
    at = datetime(2026, 7, 9, tzinfo=UTC)
    clear, unclear = Interval(6.0, 4.5, 7.5), Interval(0.4, -0.6, 1.4)
    rest = {
        "begins": at,
        "ends": at,
        "hours": 12,
        "promised_kw": Interval(11.2, 7.9, 14.1),
        "against": "the meter",
        "option": "C",
    }
    figures = ("saved_kw", "saved_kwh", "saved_cost", "saved_kgco2")
    savings = [
        MeasuredSaving("rec-1", **rest, **dict.fromkeys(figures, clear), deferred_kwh=3.2, notes=("2 hours left out",)),  # type: ignore[arg-type]
        MeasuredSaving("rec-2", **rest, **dict.fromkeys(figures, unclear), deferred_kwh=0.0, notes=()),  # type: ignore[arg-type]
    ]
    console = Console(width=200, file=io.StringIO(), markup=False)
    for each in tables(Collected(savings, [("rec-3", "not enough data")]), load_site(example_site).site):
        console.print(each)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "11.2 (7.9 to 14.1)" in shown
    assert "6.0 (4.5 to 7.5)" in shown
    assert "not distinguishable from nothing" in shown
    assert "rec-1: against the meter" in shown
    assert "rec-1: note: 2 hours left out" in shown
    assert "rec-1: +3.2 kWh only deferred, taken off" in shown
    assert "rec-2: +0.0 kWh" not in shown
    assert "rec-3: not measured: not enough data" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--month", "July"), "month 'July'"),
    ],
)
def test_a_wrong_question_is_refused(example_site: Path, capsys: Captured, words: tuple[str, ...], said: str) -> None:
    code, _, err = types(example_site, capsys, *words)
    assert code == 2
    assert said in err


def test_what_was_never_applied_is_refused(example_site: Path, capsys: Captured) -> None:
    code, _, err = types(example_site, capsys, "--recommendation", "rec-9")
    assert code == 1
    assert "never applied" in err
