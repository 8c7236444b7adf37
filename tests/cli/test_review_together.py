"""`facility review approve --together`: a recommendation and what is worth nothing without it, as one."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from facility.cli import main
from facility.history.journal import open_journal
from facility.records import Interval
from facility.site_file import load_site
from facility.state import StateFolder
from tests.api.records_for_tests import plan, recommendation

NOTHING = Interval(0.0, 0.0, 0.0)


def test_what_belongs_together_is_approved_as_one(
    example_site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded, now, state = load_site(example_site), datetime.now(UTC), tmp_path / "state"
    air = recommendation(loaded, 1, now + timedelta(minutes=30))
    fans = replace(
        air, id="rec-2", quantity="fan_speed_setpoint_frac", current=0.8, recommended=0.6, unit="frac",
        saving_kw=NOTHING, saving_cost_per_day=NOTHING, saving_kgco2_per_day=NOTHING,
    )  # fmt: skip
    water = replace(air, id="rec-3", equipment="plant-1", quantity="leaving_chilled_water_temperature_setpoint_degc")
    with closing(open_journal(None, StateFolder(state))) as journal:
        journal.save_plan(plan(loaded, now), [air, fans, water], "correlated")

    def review(action: str, *words: str) -> dict[str, tuple[str, str]]:
        capsys.readouterr()
        assert main(["review", action, str(example_site), *words, "--state", str(state), "--format", "json"]) == 0
        return {row["id"]: (row["state"], row.get("belongs_with", "")) for row in json.loads(capsys.readouterr().out)}

    listed = review("list")
    assert listed == {"rec-1": ("proposed", "rec-2"), "rec-2": ("proposed", "rec-1"), "rec-3": ("proposed", "")}
    assert set(review("approve", "rec-2", "--together")) == {"rec-2", "rec-1"}
    assert {name: state for name, (state, _) in review("list", "--all").items()} == {
        "rec-1": "approved",
        "rec-2": "approved",
        "rec-3": "proposed",
    }
