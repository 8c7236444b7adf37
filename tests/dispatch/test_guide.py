"""docs/dispatch.md: its commands take their options, its kinds are those of the code, and its walk through the demo is one."""

from __future__ import annotations

import re
import shlex

import pytest

from facility.cli import main
from facility.dispatch.refusal import RefusalKind
from facility.site_file import load_site
from tests.house.repository import ROOT
from tests.simulated_site.conftest import DEMO
from tools.demo.__main__ import DISPATCH

GUIDE = (ROOT / "docs" / "dispatch.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", GUIDE, flags=re.DOTALL | re.MULTILINE)
LINES = [line for block in BLOCKS for line in block.splitlines() if line.startswith("facility")]


@pytest.mark.parametrize("line", LINES)
def test_commands_take_their_options(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, command, action, *words = shlex.split(line, comments=True)
    with pytest.raises(SystemExit, match="0"):
        main([command, action, "--help"])
    shown = capsys.readouterr().out
    assert [word for word in words if word.startswith("--") and word not in shown] == []


def test_its_walk_proves_points_that_the_demo_watches() -> None:
    named = set(re.findall(r"crah-\d\.\w+_degc", GUIDE.split("## Auto in the demo")[1].split("\n## ")[0]))
    watched = set(re.findall(r"[\w-]+\.\w+", DISPATCH.read_text(encoding="utf-8")))
    assert named and named <= watched
    loaded = load_site(DEMO)
    assert {crah.id for crah in loaded.site.crahs if crah.hall == "hall-3"} == {name.split(".")[0] for name in named}


def test_kinds_of_objections_are_those_of_the_code() -> None:
    table = GUIDE.split("| kind | what it objects to |")[1].split("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", "".join(row.split("|")[1] for row in table.splitlines()[2:]))) == set(RefusalKind)
