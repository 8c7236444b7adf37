"""docs/simulated_site.md: its code runs, its options exist, its faults and targets are those there are."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.repository import ROOT
from tests.simulated_site.steady import steady_site
from tools.simulated_site.fault_file import FaultFile
from tools.simulated_site.faults import Fault

TEXT = (ROOT / "docs" / "simulated_site.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, flags=re.DOTALL | re.MULTILINE)


def python(*arguments: str) -> str:
    command = [sys.executable, "-W", "error", *arguments]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.parametrize("code", blocks("python"))
def test_python_runs(code: str) -> None:
    said = python("-c", code)
    assert re.fullmatch(r"true \d\d\.\d\d C, measured \d\d\.\d\d C\n", said)


def test_the_command_has_these_options() -> None:
    (line,) = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("python ")]
    _, _, module, site_file, *options = line.split()
    usage = python("-m", module, "--help")
    assert (ROOT / site_file).is_file()
    assert all(option in usage for option in options if option.startswith("--"))


def test_the_fault_file_is_one(tmp_path: Path) -> None:
    (text,) = blocks("json")
    (tmp_path / "faults.json").write_text(text)
    faults, site = FaultFile(tmp_path / "faults.json"), steady_site("demo", 20.0, 12.0, hours=0.0)
    calls = faults.calls()
    assert len(calls) == 5
    assert faults.complaint == ""
    site.faults.replace(calls, site.time.timestamp())  # refuses nothing
    assert set(site.faults.called) == set(calls)


def test_the_table_of_faults_is_complete() -> None:
    table = TEXT.split("| fault | target |")[1].split("\n\n")[0]
    assert {row.split("`")[1] for row in table.splitlines()[2:]} == set(Fault)
