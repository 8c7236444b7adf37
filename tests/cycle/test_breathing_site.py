"""A site whose halls breathe outdoor air, from its history to recommendations."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from facility.cli import main
from facility.site_file import load_site
from facility.state import StateFolder
from tests.cycle.lived_in import DEMO, live

BREATHING = DEMO.with_name("air_economizer.yaml")
DAYS = 3.0


@pytest.mark.slow
def test_it_is_trained_and_planned(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    live(load_site(BREATHING), StateFolder(tmp_path), DAYS)
    assert main(["train", str(BREATHING), "--state", str(tmp_path), "--format", "json"]) == 0
    card = json.loads(capsys.readouterr().out)
    qualified = {part["name"] for part in card["parts"] if part["qualified"]}
    assert qualified >= {"hall-1.rack_inlets", "hall-2.rack_inlets", "plant-1.chilled_pump"}
    assert abs(card["whole"]["modelled"]["value"] / card["whole"]["measured"]["value"] - 1) < 0.02
    assert main(["recommend", str(BREATHING), "--state", str(tmp_path), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    rows = document["schedule"]
    columns = {"ase-1.economizer_mode_command", "hall-1.dew_point_degc", "hall-1.relative_humidity_frac", "hall-1.mode"}
    assert columns <= set(rows[0])
    assert {row["hall-1.mode"] for row in rows} <= {"closed", "partial", "full"}
    assert not any(note.startswith("ase-") for note in document["notes"])
    numbers = [value for row in rows for value in row.values() if isinstance(value, float)]
    assert np.isfinite(numbers).all()
    costs = {row["item"]: row for row in document["costs"]}
    assert costs["total_cost"]["plan"] < costs["total_cost"]["baseline"]
