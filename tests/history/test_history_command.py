"""`facility history` as a user runs it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from facility.cli import main
from facility.history.telemetry import open_telemetry
from facility.records import Quality, ReadingBatch
from facility.site_file import LoadedSite, load_site
from facility.state import StateFolder
from tests.history.store import StandingClock, microseconds

BEGIN = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)


@pytest.fixture
def site(example_site: Path) -> LoadedSite:
    return load_site(example_site)


@pytest.fixture
def points(site: LoadedSite) -> list[str]:
    return [point.id for point in site.points][:3]


@pytest.fixture
def command(site: LoadedSite, points: list[str], tmp_path: Path) -> list[str]:
    """A command on a history of an hour, a reading a minute, the second point bad in its second half."""
    state = tmp_path / "state"
    with open_telemetry(
        StateFolder(state), table_uri=None, raw_retention_days=9, clock=StandingClock(BEGIN + timedelta(hours=2))
    ) as store:
        for minute in range(60):
            time_us = np.full(3, microseconds(BEGIN + timedelta(minutes=minute)))
            quality = np.array([Quality.GOOD, Quality.BAD if minute >= 30 else Quality.GOOD, Quality.GOOD], np.uint8)
            store.append(ReadingBatch(points, time_us, np.array([minute, 2.0, 3.0]), quality, "r"))
    return [
        "history",
        str(site.path),
        "--state",
        str(state),
        "--from",
        "2026-07-01T06:00Z",
        "--to",
        "2026-07-01T07:00Z",
    ]


def test_csv_has_a_column_a_point_in_the_order_asked(
    command: list[str], points: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, points[1], points[0], "--step", "20min", "--format", "csv"]) == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[0] == ["time", points[1], points[0]]
    assert [row[1:] for row in rows[1:]] == [["2.0", "9.5"], ["2.0", "29.5"], ["", "49.5"]]
    assert datetime.fromisoformat(rows[1][0]) == BEGIN


def test_json_and_table_and_parquet_say_the_same(
    command: list[str], points: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([*command, points[0], "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["points"][0]["id"] == points[0]
    assert [row["values"] for row in document["rows"]] == [[float(minute)] for minute in range(60)]
    assert main([*command, points[0], "--format", "parquet", "--output", str(tmp_path / "out.parquet")]) == 0
    table = pq.read_table(tmp_path / "out.parquet")
    assert table[points[0]].to_pylist() == [float(minute) for minute in range(60)]
    assert table["time"].to_pylist()[0] == BEGIN
    assert main([*command, points[0]]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert points[0] in lines[0] and len(lines) == 62
    assert lines[-1].split()[-1] == "59"


def test_patterns_relative_times_and_times_in_the_zone_of_the_site(
    command: list[str], site: LoadedSite, points: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    zone = site.site.zone
    local = [(BEGIN + timedelta(minutes=minutes)).astimezone(zone).strftime("%Y-%m-%dT%H:%M") for minutes in (10, 12)]
    equipment = points[0].partition(".")[0]
    assert (
        main([*command[:4], f"{equipment}.*", points[0], "--from", local[0], "--to", local[1], "--format", "csv"]) == 0
    )
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[0][1:] == [point.id for point in site.points if point.id.startswith(f"{equipment}.")]
    assert [datetime.fromisoformat(row[0]) for row in rows[1:]] == [BEGIN + timedelta(minutes=m) for m in (10, 11)]
    assert main([*command[:4], points[0], "--from", "-2h", "--step", "1h", "--format", "csv"]) == 0
    assert 3 <= len(capsys.readouterr().out.splitlines()) <= 4  # two or three hours begin in the last two


def test_an_unknown_point_is_a_mistake_of_the_caller_with_a_hint(command: list[str], points: list[str]) -> None:
    wrong = points[0].replace("_", "", 1)
    done = subprocess.run(
        [sys.executable, "-m", "facility", *command, wrong], check=False, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert f"no point '{wrong}'; the nearest is {points[0]}" in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--from", "yesterday"], "time 'yesterday': expected ISO"),
        (["--from", "-2y"], "expected a number and s, min, h, d or w"),
        (["--step", "0min"], "--step '0min'"),
        (["--from", "2026-07-02T00:00Z"], "must be before"),
        (["--format", "parquet"], "needs --output"),
    ],
)
def test_wrong_options_are_explained(
    command: list[str], points: list[str], options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, points[0], *options]) == 2
    assert message in capsys.readouterr().err
