"""docs/models.md: its Python runs, and its commands are commands."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import pytest

from facility.cli import COMMANDS, main
from tests.house.repository import ROOT

GUIDE = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("code", blocks("python"))
def test_python_runs(code: str) -> None:
    command = [sys.executable, "-W", "error", "-c", code]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("line", [line for block in blocks("sh") for line in block.splitlines()])
def test_commands_take_their_options(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, command, *words = shlex.split(line, comments=True)
    assert command in COMMANDS
    with pytest.raises(SystemExit, match="0"):
        main([command, *[word for word in words[:1] if word.islower()], "--help"])
    shown = capsys.readouterr().out
    assert [option for option in words if option.startswith("--") and option not in shown] == []
