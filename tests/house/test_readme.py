"""The README's code runs: Python blocks as they stand, and the commands in its `sh` blocks that need no history."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.repository import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)


def commands(program: str) -> list[str]:
    return [line for block in blocks("sh") for line in block.splitlines() if line.startswith(f"{program} ")]


@pytest.mark.parametrize("code", blocks("python"))
def test_python_runs(code: str) -> None:
    command = [sys.executable, "-W", "error", "-c", code]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("line", commands("facility"))
def test_facility_commands_run(line: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "site_configs", tmp_path / "site_configs")
    program = Path(sys.executable).parent / "facility"
    _, *words = shlex.split(line, comments=True)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    run = subprocess.run(
        [str(program), *words], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("line", commands("make"))
def test_make_knows_the_targets(line: str) -> None:
    _, *words = shlex.split(line, comments=True)
    dry_run = subprocess.run(["make", "-n", *words], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert dry_run.returncode == 0, dry_run.stderr


def test_there_is_something_to_run() -> None:
    assert blocks("python")
    assert len(commands("facility")) >= 2
    assert [shlex.split(line)[1] for line in commands("make")][:2] == ["run", "test"]
