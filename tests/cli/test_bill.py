"""`facility bill` from readings in a real history: October 2025 in Berlin, 745 hours."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from facility.cli import main
from facility.clock import SystemClock
from facility.records import ReadingBatch
from facility.site_file import load_site
from facility.site_history import open_site_history
from facility.state import StateFolder
from tests.cycle.lived_in import DEMO

BEGIN = datetime(2025, 9, 30, 22, tzinfo=UTC)
MINUTES = 745 * 60


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month at 100 kW with a quarter of an hour at 250 kW, and a first week that was not measured."""
    folder, loaded = tmp_path_factory.mktemp("bill"), load_site(DEMO)
    minutes = np.arange(7 * 24 * 60, MINUTES, 5)
    power_kw = np.where((minutes >= 20_010) & (minutes < 20_025), 250.0, 100.0)
    time_us = round(BEGIN.timestamp() * 1e6) + minutes * 60_000_000
    meter = (f"{loaded.site.electrical.main_meter}.power_kw",)
    with open_site_history(loaded, StateFolder(folder), SystemClock(), read_only=False) as telemetry:
        for at, kw in zip(np.array_split(time_us, 30), np.array_split(power_kw, 30), strict=True):
            good = np.zeros(len(at), np.uint8)
            telemetry.append(ReadingBatch(meter * len(at), at, kw, good, loaded.revision))
    return folder


def types(state: Path, console: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    console.readouterr()
    code = main(["bill", str(DEMO), "--state", str(state), *words])
    said = console.readouterr()
    return code, said.out, said.err


def test_the_month_line_by_line(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = types(state, capsys, "--month", "2025-10", "--format", "json")
    found = json.loads(out)
    assert code == 0
    # From 8 October on: 24 days with one of 25 hours (577 h), 18 of them working days with 3 dear hours.
    night_h, dear_h = 24 * 8 + 1, 18 * 3
    rest_h = 577 - night_h - dear_h
    spike_kwh = 150.0 * 0.25
    lines = {line["line"]: line["amount"] for line in found["lines"]}
    assert lines == {
        "energy at 0.11": pytest.approx(100 * night_h * 0.11, abs=0.01),
        "energy at 0.16": pytest.approx((100 * rest_h + spike_kwh) * 0.16, abs=0.01),
        "energy at 0.24": pytest.approx(100 * dear_h * 0.24, abs=0.01),
        "demand": pytest.approx(250 * 9.5, abs=0.01),
    }
    assert found["total"] == pytest.approx(sum(lines.values()), abs=0.02)
    assert found["measured_frac"] == pytest.approx(577 / 745, abs=1e-6)
    assert types(state, capsys, "--month", "2025-10", "--format", "csv")[1].startswith(
        "line,quantity,unit,price,amount,currency\n"
    )
    assert (
        "77.4% of the hours were measured; the others are not billed." in types(state, capsys, "--month", "2025-10")[1]
    )


def test_a_month_without_readings_and_one_that_is_none(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = types(state, capsys, "--month", "2025-11")
    assert (code, "a reading of the main meter in the month" in err) == (4, True)
    assert types(state, capsys, "--month", "October")[0] == 2
