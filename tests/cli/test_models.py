"""`facility models` on a site with two versions: list, card, page, comparison, and the way back."""

from __future__ import annotations

import csv
import io
import json
import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from facility.cli import main
from facility.clock import SystemClock
from facility.environment import open_environment
from facility.history.journal import open_journal
from facility.learn.training import train_site
from facility.site_file import load_site
from facility.state import StateFolder
from tests.cycle.lived_in import DEMO, live

pytestmark = pytest.mark.slow
DAYS = 7.0


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version of five days, and one of seven."""
    state, loaded = StateFolder(tmp_path_factory.mktemp("models") / "state"), load_site(DEMO)
    live(loaded, state, DAYS)
    with open_environment(loaded, state, SystemClock()) as environment:
        train_site(loaded, environment.telemetry, environment.models, environment.clock.now() - timedelta(days=2))
    assert main(["train", str(DEMO), "--state", str(state.root), "--output", str(state.root.parent / "train.txt")]) == 0
    return state.root


@pytest.fixture
def state(lived: Path, tmp_path: Path) -> Path:
    return shutil.copytree(lived, tmp_path / "state")


def run(state: Path, action: str, *words: str) -> int:
    return main(["models", action, str(DEMO), *words, "--state", str(state)])


def document(state: Path, capsys: pytest.CaptureFixture[str], action: str, *words: str) -> Any:
    capsys.readouterr()
    assert run(state, action, *words, "--format", "json") == 0
    return json.loads(capsys.readouterr().out)


def test_the_list_says_which_version_serves_and_why(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = document(state, capsys, "list")
    assert [first["in_service"], second["in_service"]] == [False, True]
    assert first["reason"] == "the first version"
    assert second["reason"].startswith(f"other than in {first['version']}: ")
    assert second["learned"] + second["nameplate"] == 17
    assert run(state, "list") == 0
    assert "in service" in capsys.readouterr().out
    assert run(state, "list", "--format", "csv") == 0
    assert [row["version"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))] == [
        first["version"],
        second["version"],
    ]


def test_training_journals_what_became_of_it(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (row["version"] for row in document(state, capsys, "list"))
    with closing(open_journal(None, StateFolder(state))) as journal:
        trained, served = journal.events(kind="model")
    assert (trained.kind, trained.subject, trained.actor) == ("model.trained", second, "train")
    assert (served.kind, served.detail["instead_of"]) == ("model.served", first)


def test_a_card_is_shown_and_drawn(state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (row["version"] for row in document(state, capsys, "list"))
    assert document(state, capsys, "show")["version"] == second
    page = tmp_path / "card.html"
    assert document(state, capsys, "show", first, "--page", str(page))["version"] == first
    text = page.read_text(encoding="utf-8")
    assert f"Not in service: {second} is." in text
    assert text.count("<svg") >= 12
    assert run(state, "show", second) == 0
    shown = capsys.readouterr().out
    assert "In service." in shown and "hall-1.rack_inlets" in shown
    assert run(state, "show", "--page", str(tmp_path / "none" / "card.html")) == 2
    assert "--page" in capsys.readouterr().err


def test_versions_are_compared_side_by_side(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (row["version"] for row in document(state, capsys, "list"))
    found = document(state, capsys, "compare", first, second)
    assert found["versions"] == [first, second]
    assert {part["part"] for part in found["parts"]} >= {"hall-1.rack_inlets", "plant-1.chiller", "demo.whole"}
    assert run(state, "compare", first, second) == 0
    assert f"A = {first}" in capsys.readouterr().out
    assert run(state, "compare", first, second, "--format", "csv") == 0
    assert len(list(csv.DictReader(io.StringIO(capsys.readouterr().out)))) == 17


def test_the_way_back_is_pinned_journaled_and_given_free(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (row["version"] for row in document(state, capsys, "list"))
    assert run(state, "rollback", "--by", "R. Weber", "--reason", "hall 1 runs hot") == 0
    assert "in service, pinned" in capsys.readouterr().out
    rows = document(state, capsys, "list")
    assert [row["version"] for row in rows if row["in_service"]] == [first]
    assert (rows[0]["pinned_by"], rows[0]["pinned_reason"]) == ("R. Weber", "hall 1 runs hot")
    assert run(state, "rollback", "--by", "R. Weber", "--reason", "further") == 1
    assert f"no version before {first}" in capsys.readouterr().err
    assert run(state, "rollback", "--release", "--by", "A. Meier", "--reason", "mended") == 0
    assert document(state, capsys, "list")[0]["pinned_by"] is None
    with closing(open_journal(None, StateFolder(state))) as journal:
        events = journal.events(kind="model")[-2:]
    assert [(event.kind, event.subject, event.actor) for event in events] == [
        ("model.rolled_back", first, "R. Weber"),
        ("model.released", first, "A. Meier"),
    ]
    assert events[0].detail == {"instead_of": second, "reason": "hall 1 runs hot"}


REFUSED = {
    "unknown to show": ("show v9", "no model version 'v9'; there are: "),
    "unknown to compare": ("compare v8 v9", "no model version 'v8'; there are: "),
    "unknown to serve": ("rollback v9 --reason x --by y", "no model version 'v9'; there are: "),
    "no name": ("show ../../etc", "'../../etc' is not a model version"),
    "nothing pinned": ("rollback --release --reason x --by y", "nothing is pinned"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_mistakes_say_what_there_is(lived: Path, capsys: pytest.CaptureFixture[str], case: tuple[str, str]) -> None:
    words, says = case
    assert run(lived, *words.split()) == 1
    assert says in capsys.readouterr().err


def test_a_version_to_release_is_a_mistake(lived: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(lived, "rollback", "v1", "--release", "--reason", "x", "--by", "y") == 2
    assert "goes without a version" in capsys.readouterr().err


def test_before_the_first_training_it_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "list") == 0
    assert "facility train" in capsys.readouterr().out
    assert run(tmp_path, "show") == 1
    assert "`facility train` makes the first" in capsys.readouterr().err


def test_a_damaged_version_in_service_names_the_way_back(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, second = (row["version"] for row in document(state, capsys, "list"))
    next((state / "models" / second).glob("*.skops")).write_bytes(b"torn")
    capsys.readouterr()
    assert main(["recommend", str(DEMO), "--state", str(state)]) == 1
    assert "is damaged; `facility models rollback`" in capsys.readouterr().err
    assert run(state, "rollback", "--reason", "a disk failed", "--by", "R. Weber") == 0
    assert main(["recommend", str(DEMO), "--state", str(state), "--output", str(state / "plan.txt")]) == 0
