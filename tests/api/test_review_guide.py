"""docs/review.md: its states, rules and bounds are those of the code, its commands and its Python run."""

from __future__ import annotations

import re
import shlex
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from facility.access import Permission
from facility.accounts.opening import open_access
from facility.cli import main
from facility.records import TRANSITIONS, RecommendationState
from facility.review.risk import _BY_QUANTITY
from facility.review.words import MOST_COMMENT, MOST_REASON
from facility.site_file import load_site
from facility.site_journal import open_site_journal
from facility.state import StateFolder
from tests.api.records_for_tests import NOW, FixedClock, plan, recommendation
from tests.api.serving import serving
from tests.conftest import EXAMPLE
from tests.house.repository import ROOT

GUIDE = (ROOT / "docs" / "review.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, flags=re.DOTALL | re.MULTILINE)


def rows(heading: str) -> list[list[str]]:
    table = GUIDE.split(f"\n| {heading} |")[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_states_and_moves_are_those_of_the_machine() -> None:
    written = {state.strip("`"): set(re.findall(r"`(\w+)`", moves)) for state, _, moves in rows("state")}
    assert written == {state.value: {to.value for to in TRANSITIONS[state]} for state in RecommendationState}


def test_rules_are_those_of_the_code() -> None:
    written = [(quantity.strip("`"), why) for quantity, _, why in rows("quantity")]
    assert written == [(quantity, why) for quantity, (_, why) in _BY_QUANTITY.items()]


def test_bounds_are_those_of_the_code() -> None:
    assert f"a reason over {MOST_REASON} or a comment over {MOST_COMMENT} characters" in GUIDE


@pytest.mark.parametrize("line", [line for block in blocks("sh") for line in block.splitlines()])
def test_commands_take_their_options(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, command, action, *words = shlex.split(line, comments=True)
    with pytest.raises(SystemExit, match="0"):
        main([command, action, "--help"])
    shown = capsys.readouterr().out
    assert [word for word in words if word.startswith("--") and word not in shown] == []


def test_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, state, clock = load_site(EXAMPLE / "site.yaml"), StateFolder(tmp_path), FixedClock()
    with closing(open_access(loaded, state, clock)) as access:
        _, secret = access.tokens.add("guide", [Permission.READ, Permission.DECIDE], by="test")
    (code,) = blocks("python")
    with closing(open_site_journal(loaded, state)) as journal, serving(loaded, state, clock) as client:
        journal.save_plan(plan(loaded), [recommendation(loaded, 1, NOW + timedelta(minutes=30))], "cycle-1")
        monkeypatch.setenv("FACILITY_URL", str(client.base_url).rstrip("/"))
        monkeypatch.setenv("FACILITY_TOKEN", secret)
        exec(compile(code, "review.md", "exec"), {})
        assert [one.state for one in journal.recommendations()] == [RecommendationState.APPROVED]
        assert [one.detail for one in journal.events(kind="recommendation.commented")] == [{"text": "saves 11 kW"}]


def test_there_are_commands_to_try() -> None:
    assert len([line for block in blocks("sh") for line in block.splitlines()]) >= 5
