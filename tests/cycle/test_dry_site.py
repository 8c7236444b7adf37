"""A site without towers, from its history to recommendations: dry coolers with trim chillers beside air-cooled chillers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from facility.cli import main
from facility.site_file import load_site
from facility.state import StateFolder
from tests.cycle.lived_in import DEMO, live

LIQUID = DEMO.with_name("liquid_ai.yaml")
DAYS = 4.0


@pytest.mark.slow
def test_it_is_trained_and_planned(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    live(load_site(LIQUID), StateFolder(tmp_path), DAYS)
    assert main(["train", str(LIQUID), "--state", str(tmp_path), "--format", "json"]) == 0
    card = json.loads(capsys.readouterr().out)
    qualified = {part["name"] for part in card["parts"] if part["qualified"]}
    assert qualified >= {"plant-cold.chiller", "plant-cold.chilled_pump", "plant-warm.condenser_pump"}
    assert "plant-warm.dry_cooler" in {part["name"] for part in card["parts"]}
    assert abs(card["whole"]["modelled"]["value"] / card["whole"]["measured"]["value"] - 1) < 0.02
    assert main(["recommend", str(LIQUID), "--state", str(tmp_path), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["model_version"] == card["version"]
    columns = set(document["schedule"][0])
    assert {"plant-warm.condenser_water_temperature_setpoint_degc", "cooler-1.adiabatic_enable_command"} <= columns
    assert "plant-cold.condenser_water_temperature_setpoint_degc" not in columns
    numbers = [value for row in document["schedule"] for value in row.values() if isinstance(value, float)]
    assert np.isfinite(numbers).all()
    costs = {row["item"]: row for row in document["costs"]}
    assert costs["total_cost"]["plan"] < costs["total_cost"]["baseline"]
