"""The guide's code runs, its commands and files are read, and its tables list the keys that there are."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from facility.site_file import LoadedSite
from tests.closed_loop.test_outcomes import outcome_of
from tests.house.repository import ROOT
from tools.closed_loop.arguments import parse, parse_start
from tools.closed_loop.arms import ARMS
from tools.closed_loop.course_files import read_load
from tools.closed_loop.document import document
from tools.closed_loop.failure_files import read_failures
from tools.closed_loop.series import read_series
from tools.closed_loop.weather_files import read_weather

GUIDE = (ROOT / "docs" / "closed_loop.md").read_text(encoding="utf-8")
JULY = datetime(2025, 7, 9, 22, tzinfo=UTC)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, flags=re.DOTALL | re.MULTILINE)


def commands() -> list[str]:
    return [line for block in blocks("sh") for line in block.splitlines()]


def first_cells(heading: str, number: int = 0) -> list[str]:
    """Return the first column of a section's table."""
    section = GUIDE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    table = re.findall(r"(?:^\|.*\n)+", section, flags=re.MULTILINE)[number]
    return [line.split("|")[1].strip().strip("`") for line in table.splitlines()[2:]]


def file_of(folder: Path, name: str) -> Path:
    (text,) = blocks(f"csv {name}")
    path = folder / f"{name}.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("code", blocks("python"))
def test_python_runs(code: str) -> None:
    command = [sys.executable, "-W", "error", "-c", code]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout == "25.0 degC\n"


@pytest.mark.parametrize("line", commands())
def test_commands_are_understood(line: str, toy: LoadedSite) -> None:
    python, _, module, *words = shlex.split(line)
    assert (python, module) == ("python", "tools.closed_loop")
    for start in parse(words).starts:
        assert parse_start(start, toy.site.zone).tzinfo is not None


def test_files_are_read(toy: LoadedSite, tmp_path: Path) -> None:
    times = pd.DatetimeIndex([JULY])
    air = read_weather(file_of(tmp_path, "weather")).at(times, toy.site.zone)
    assert air.dry_bulb_degc.tolist() == [17.2]
    assert read_load(file_of(tmp_path, "load"), toy.site, times)["pool-1"].tolist() == [0.42]
    prices = read_series(file_of(tmp_path, "prices"), ["price_per_mwh"])
    assert prices.held("price_per_mwh", times).tolist() == [84.1]
    assert prices.issues is not None
    assert [failure.kind for failure in read_failures(file_of(tmp_path, "failures"), toy)] == ["trip", "stuck"]


def test_the_arms_are_those_there_are() -> None:
    named = [arm.strip("` ") for cell in first_cells("What is compared") for arm in cell.split(",")]
    assert named == list(ARMS)


def test_the_keys_of_json_are_those_there_are() -> None:
    found = document(outcome_of())
    assert first_cells("JSON") == list(found)
    assert first_cells("JSON", 1)[:8] == list(found["runs"]["facility"])[:8]
    assert set(first_cells("JSON", 1)) == set(found["runs"]["facility"])


def test_something_is_tested() -> None:
    assert len(commands()) >= 4
    assert blocks("python")
