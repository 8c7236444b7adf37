"""`facility predict` and `facility pue` on a site with some days of history."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from facility.cli import main
from facility.cli.predict_days import day_rows, day_tables
from facility.prepare.days_ahead import DayAhead, DaysAhead, Record, Stepped
from facility.records import Interval
from facility.site_file import load_site
from facility.state import StateFolder
from tests.cycle.lived_in import DEMO, live

DAYS = 6.0


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("predict") / "state"
    live(load_site(DEMO), StateFolder(folder), DAYS)
    assert main(["train", str(DEMO), "--state", str(folder), "--output", str(folder.parent / "train.txt")]) == 0
    return folder


def _json(state: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main([words[0], str(DEMO), "--state", str(state), "--format", "json", *words[1:]]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_two_days_ahead(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _json(state, capsys, "predict")
    assert len(found["steps"]) == 192
    for row in found["steps"]:
        parts = sum(
            row[name] for name in ("chiller_kw", "tower_kw", "pump_kw", "crah_fan_kw", "cdu_pump_kw", "rest_kw")
        )
        assert row["it_kw"] + parts == pytest.approx(row["facility_kw"])
        assert 1.1 < row["power_ratio"] < 1.6
    day, two = found["periods"]
    assert (day["hours"], two["hours"]) == (24, 48)
    assert day["low"] < day["interim_pue"] < day["high"]


def test_the_next_hour_of_racks_and_loops(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hour = _json(state, capsys, "predict")["next_hour"]
    forecast = {rack["hall"] for rack in hour["racks"]} | {cdu["loop"] for cdu in hour["cdus"]}
    named = {note.partition(":")[0] for note in hour["notes"]}  # the history has devices that fell silent
    assert forecast and forecast | named == {"hall-1", "hall-2", "hall-3", "loop-1"} and not forecast & named
    for rack in hour["racks"]:
        assert rack["in_an_hour_degc"]["low"] <= rack["in_an_hour_degc"]["value"] <= rack["in_an_hour_degc"]["high"]
        assert rack["now_degc"] is None or abs(rack["in_an_hour_degc"]["value"] - rack["now_degc"]) < 3.0
        assert 0.0 <= rack["over_limit"] <= 1.0
    for lost in hour["lost_crahs"]:
        assert lost["hall"] in forecast and 0.0 <= lost["over_limit"] <= 1.0
    assert {lost["hall"] for lost in hour["lost_crahs"]} == {rack["hall"] for rack in hour["racks"]}
    for cdu in hour["cdus"]:
        assert cdu["supply_degc"]["value"] < cdu["return_degc"]["value"]


def test_hours_are_as_asked(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _json(state, capsys, "predict", "--hours", "6")
    assert len(found["steps"]) == 24
    assert found["periods"] == []


def test_table_and_csv(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["predict", str(DEMO), "--state", str(state)]) == 0
    shown = capsys.readouterr().out
    assert "interim PUE of the coming 24 h" in shown
    assert "hot spots to be expected" in shown
    assert main(["predict", str(DEMO), "--state", str(state), "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 192
    assert float(rows[0]["facility_half_width_kw"]) > 0


@pytest.mark.parametrize("hours", ["0", "49", "-3"])
def test_hours_out_of_reach_are_refused(state: Path, capsys: pytest.CaptureFixture[str], hours: str) -> None:
    assert main(["predict", str(DEMO), "--state", str(state), "--hours", hours]) == 2
    assert "at most 48" in capsys.readouterr().err


def test_untrained_site_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", str(DEMO), "--state", str(tmp_path)]) == 4
    assert "facility train" in capsys.readouterr().err


def test_ratios_and_causes_of_their_change(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _json(state, capsys, "pue", "--from", "-3d")
    year = found["ratios"][0]
    assert year["name"] == "interim PUE"  # six days are no year
    assert 1.1 < year["ratio"] < 1.6
    change = found["change"]["found"]
    assert sum(change["causes"].values()) == pytest.approx(change["change"], abs=1e-9)
    assert {"weather", "load", "setpoints", "unexplained", "chiller_kw"} <= set(change["causes"])


def test_causes_without_history_are_not_guessed(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _json(state, capsys, "pue", "--from", "-3d", "--against-from", "-300d", "--against-to", "-200d")
    assert found["change"]["found"] is None
    assert "the main meter" in found["change"]["notes"][0]


def test_periods_the_wrong_way_round(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pue", str(DEMO), "--state", str(state), "--from", "now", "--to", "-1d"]) == 2
    assert "must be before" in capsys.readouterr().err


def test_the_coming_days_need_two_weeks(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", str(DEMO), "--state", str(state), "--days"]) == 4
    assert "14 days known nearly whole" in capsys.readouterr().err


def test_the_coming_days_as_a_table_and_rows() -> None:
    day = DayAhead(date(2026, 5, 15), 250.0, Interval(1.24, 1.2, 1.29), Record(60, 0.004, 0.005, 0.9))
    ahead = DaysAhead(
        (day,), date(2026, 5, 14), 74, (Stepped("the overhead", date(2026, 4, 30), date(2026, 5, 6), -0.4),)
    )
    console = Console(file=io.StringIO(), width=132)
    for part in day_tables("Demo", ahead):
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "Fri 15 May" in shown and "1.200 to 1.290" in shown and "90%" in shown
    assert "the overhead stepped by -40% on 2026-04-30" in shown
    (row,) = day_rows(ahead)
    assert (row["day"], row["pue"], row["mean_error"]) == ("2026-05-15", 1.24, 0.004)
