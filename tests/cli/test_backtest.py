"""`facility backtest` on a site with some days of history."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from facility.cli import main
from facility.site_file import load_site
from facility.state import StateFolder
from tests.cycle.lived_in import DEMO, live


@pytest.mark.slow
def test_two_days_of_the_demo_in_each_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live(load_site(DEMO), StateFolder(tmp_path), days=4.2)
    words = ["backtest", str(DEMO), "--state", str(tmp_path), "--from", "-2d", "--to", "-1h"]
    assert main([*words, "--format", "json"]) == 0
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert "planning, 1 of 2" in printed.err and "judging" in printed.err
    assert [row["reason"] for row in found["days"]] == ["", ""]
    total, rows = found["total"], found["days"]
    assert total["measured_kwh"] == pytest.approx(sum(row["measured_kwh"] for row in rows))
    assert total["as_done_kwh"] == pytest.approx(total["measured_kwh"], rel=0.1)
    assert total["saving_kwh_low"] < total["saving_kwh"] < total["saving_kwh_high"]
    assert 0.0 < total["saving_frac"] < 0.4
    assert "the site's source, asked as of then" in rows[0]["forecasts"] and rows[0]["hindsight"] == ""
    assert main([*words, "--every", "12h", "--from", "-1d", "--format", "csv"]) == 0
    assert len(list(csv.DictReader(io.StringIO(capsys.readouterr().out)))) == 2
    assert not (tmp_path / "models").exists(), "models trained to look back are not put in service"


def test_a_site_without_history_names_each_day_and_exits_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backtest", str(DEMO), "--state", str(tmp_path), "--from", "-2d"]) == 4
    printed = capsys.readouterr()
    assert printed.out.count("not enough data") == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--every", "3d"], "--every"),
        (["--every", "often"], "--every"),
        (["--from", "now", "--to", "-1d"], "must be before"),
        (["--to", "2999-01-01"], "lies in the future"),
        (["--from", "2026-01-01T00:01", "--to", "2026-01-01T00:12"], "--from and --to"),
    ],
)
def test_what_cannot_be_asked_exits_2(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backtest", str(DEMO), "--state", str(tmp_path), *words]) == 2
    assert said in capsys.readouterr().err
