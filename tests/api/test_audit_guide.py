"""docs/audit.md: its commands take their options, and the names in it are those of the code."""

from __future__ import annotations

import re
import shlex

import pytest

from facility.alarms.catalogue import CATALOGUE
from facility.api.routes.events import MOST_EXPORTED
from facility.cli import main
from facility.history.audit_keys import SETTING
from facility.history.writer_lease import LASTS
from tests.api.test_access import ROUTES
from tests.house.repository import ROOT

GUIDE = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
COMMANDS = [
    line for block in re.findall(r"^```sh\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE) for line in block.splitlines()
]


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_take_their_options(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, command, action, *words = shlex.split(line, comments=True)
    with pytest.raises(SystemExit, match="0"):
        main([command, action, "--help"])
    shown = capsys.readouterr().out
    assert [option for option in words if option.startswith("--") and option not in shown] == []


def test_names_and_numbers_are_those_of_the_code() -> None:
    assert set(re.findall(r"FACILITY_\w+", GUIDE)) == {SETTING}
    assert f"at most {MOST_EXPORTED:,} events" in GUIDE
    assert f"taken for\n{LASTS.seconds} s" in GUIDE
    assert "audit_head_missing" in CATALOGUE
    assert {f"GET {path}" for path in re.findall(r"`GET (/api/v1/[\w/-]+)`", GUIDE)} <= ROUTES.keys()
