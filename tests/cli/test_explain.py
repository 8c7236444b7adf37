from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from facility.cli import main
from facility.explanation import (
    Alternative,
    DecisionChange,
    Explanation,
    InletRisk,
    InputChange,
    LimitPrice,
    LossRisk,
    SinceLast,
)
from facility.history.journal import open_journal
from facility.site_file import load_site
from facility.state import StateFolder
from tests.api.records_for_tests import plan, recommendation

AIR, WATER, MODE = (
    "supply_air_temperature_setpoint_degc",
    "leaving_chilled_water_temperature_setpoint_degc",
    "economizer_mode_command",
)
MADE = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
WHY = Explanation(
    limit_prices=(LimitPrice("hall-1", "rack inlet max", 1.0, "K", 0.42, 12.5),),
    alternatives=(
        Alternative("hall-1", AIR, 23.0, "degC", 1.5, 0.3),
        Alternative("plant-1", MODE, 2.0, "enum", None, None, "plant-1: economizer too warm"),
    ),
    inlets=(InletRisk("hall-1", 24.3, 25.8, 27.0, 0.25),),
    losses=(LossRisk("hall-1 crahs", "crah-1", 10.0, "hall-1: rack inlet max", 28.1, 32.0),),
    since_last=SinceLast(
        "plan-0",
        (DecisionChange(f"plant-1.{WATER}", 14.0, 16.0, 0.5),),
        (InputChange("energy price", 0.01, 0.08, "EUR/kWh", 1.25),),
        "energy price (1.25 of the 1.30 EUR it saves)",
    ),
)


@pytest.fixture
def state(example_site: Path, tmp_path: Path) -> StateFolder:
    loaded = load_site(example_site)
    folder = StateFolder(tmp_path / "state")
    first = replace(plan(loaded, MADE), id="plan-0")
    second = replace(plan(loaded, MADE + timedelta(hours=1)), explanation=WHY)
    with closing(open_journal(None, folder)) as journal:
        journal.save_plan(first, [], "one")
        journal.save_plan(second, [recommendation(loaded, 1, MADE + timedelta(hours=2))], "two")
    return folder


def explain(site: Path, state: StateFolder, *words: str) -> int:
    return main(["explain", str(site), *words, "--state", str(state.root)])


def test_the_page_says_what_is_saved_what_it_runs_into_what_else_there_was_and_what_moved(
    example_site: Path, state: StateFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(example_site, state) == 0
    shown = capsys.readouterr().out
    assert "plan plan-1 of 2026-03-10 14:00 CET" in shown
    assert "It had ended by then" in shown
    assert explain(example_site, state, "--format", "csv") == 0
    shown = capsys.readouterr().out
    for said in (
        "18.0 °C to 21.5 °C: saves 11.2 (7.9 to 14.1) kW, 48.40 EUR and 107.5 kgCO2 a day",
        "0.42 EUR a day per K looser; binds in 12.5 h of the plan",
        "23.0 °C: +1.5 kW, +0.30 EUR/h",
        "free: not possible, plant-1: economizer too warm",
        "hottest inlet 24.3 °C, within 90 % below 25.8 of 27.0 °C; 25% of the steps",
        "hall-1: rack inlet max is passed in 10 h of the plan, inlets up to 28.1 °C of 32 allowable",
        "16.0 °C instead of 14.0 °C, 0.5 h ahead",
        "+0.01 EUR/kWh on average, +0.08 at most; worth +1.25 EUR to the change",
    ):
        assert said in shown


def test_a_time_without_a_plan_is_answered_by_the_nearest_before_it_and_that_is_said(
    example_site: Path, state: StateFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(example_site, state, "--at", "2026-03-10T12:40+00:00") == 0
    shown = " ".join(capsys.readouterr().out.split())
    zone = load_site(example_site).site.zone
    at = (MADE + timedelta(minutes=40)).astimezone(zone)
    assert f"plan plan-0 of {MADE.astimezone(zone):%Y-%m-%d %H:%M %Z}, the newest at {at:%Y-%m-%d %H:%M %Z}" in shown
    assert "nothing: no change is worth making" in shown
    assert "made by a version that kept no more than this" in shown


def test_no_plan_is_an_error_that_names_the_fix(
    example_site: Path, state: StateFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(example_site, state, "--at", "2026-03-10T11:00+00:00") == 1
    assert "`facility recommend SITE` makes one" in capsys.readouterr().err


def test_json_and_csv_hold_the_same(example_site: Path, state: StateFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(example_site, state, "--format", "json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["explanation"]["limit_prices"][0]["price_per_day"] == 0.42
    assert [row["id"] for row in document["recommendations"]] == ["rec-1"]
    assert explain(example_site, state, "--format", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["topic"] for row in rows} >= {"recommended", "limits that bind", "risks", "since the last plan"}
