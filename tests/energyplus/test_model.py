"""What is done to a model before a run, values of sources, the outdoor air: without the engine."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from facility.errors import ConfigurationError
from facility.site_file import load_site
from models.psychrometrics import relative_humidity_frac
from tests.energyplus.conftest import edit
from tools.closed_loop.conditions import Air
from tools.energyplus.mapping import EnergyPlusMapping, Output, Source
from tools.energyplus.mapping_file import load_mapping
from tools.energyplus.model import FOLDERS, Model, changed, find_file, prepared, read_model
from tools.energyplus.names import Names
from tools.energyplus.outdoors import outdoor_values
from tools.energyplus.outputs import Outputs

MODEL: Model = {
    "Building": {"Hall": {"north_axis": 0.0}},
    "Timestep": {"t": {"number_of_timesteps_per_hour": 4}},
    "RunPeriod": {"a": {"begin_month": 1}, "b": {"begin_month": 7}},
    "Output:Variable": {"v": {"variable_name": "Anything"}},
    "SetpointManager:Warmest": {"one": {"x": 1}, "other": {"x": 2}},
    "Fan": {"fan": {"power": 1.0, "curve": "c"}},
}


def mapped(site_file: Path, *changes: tuple[str, str]) -> EnergyPlusMapping:
    return load_mapping(edit(site_file, *changes), load_site(site_file))[0]


def test_changes_are_laid_over_the_model(site_file: Path) -> None:
    new = (
        'changes:\n  "SetpointManager:Warmest": { one: null }\n  Fan: { fan: { power: 2.0 } }\n'
        '  New: { thing: { a: 1 } }\n'
    )  # fmt: skip
    made = changed(MODEL, mapped(site_file, ("changes:\n", new)), date(2025, 7, 1), 10)
    assert made["SetpointManager:Warmest"] == {"other": {"x": 2}}
    assert made["Fan"] == {"fan": {"power": 2.0, "curve": "c"}}
    assert made["New"] == {"thing": {"a": 1}}
    assert MODEL["Fan"]["fan"]["power"] == 1.0


def test_a_run_has_one_period_its_own_steps_and_no_reports() -> None:
    made = prepared(MODEL, date(2025, 7, 1), days=10, steps_per_hour=60, warm_up_days=3)
    assert "Output:Variable" not in made
    assert made["Timestep"]["Timestep 1"] == {"number_of_timesteps_per_hour": 60}
    assert made["Building"]["Hall"]["maximum_number_of_warmup_days"] == 3
    (period,) = made["RunPeriod"].values()
    assert (period["begin_month"], period["begin_day_of_month"]) == (7, 1)
    assert (period["end_month"], period["end_day_of_month"]) == (7, 11)


def test_weather_files_have_no_leap_day() -> None:
    (begins,) = prepared(MODEL, date(2024, 2, 29), days=1, steps_per_hour=4, warm_up_days=1)["RunPeriod"].values()
    assert begins["begin_day_of_month"] == 28
    (ends,) = prepared(MODEL, date(2024, 2, 1), days=28, steps_per_hour=4, warm_up_days=1)["RunPeriod"].values()
    assert ends["end_day_of_month"] == 28


def test_a_source_is_a_sum_that_is_scaled_and_shifted(site_file: Path) -> None:
    outputs = Outputs(mapped(site_file))
    one, other = (Output(variable=name, key=key) for name, key in outputs.variables[:2])
    answer = [300.0, 20.0, *[0.0] * len(outputs.variables)]
    assert outputs.value(Source(of=(one, other), scale=0.1, offset=-2.0), answer) == pytest.approx(30.0)
    assert outputs.value(Source(of=(one,), on_above=299.0), answer) == 1.0
    assert outputs.value(Source(of=(one,), on_above=300.0), answer) == 0.0
    assert outputs.value(Source(constant=7.0), answer) == 7.0


@pytest.mark.parametrize(("dry_degc", "dew_degc"), [(30.0, 15.0), (5.0, -8.0), (-15.0, -20.0), (22.0, 22.0)])
def test_outdoor_humidity_is_that_of_the_dew_point(dry_degc: float, dew_degc: float) -> None:
    """Over water, against the saturation pressure of PsychroLib (ASHRAE), whose is over ice below 0 degC."""
    dry, dew, humidity_pct = outdoor_values(Air(dry_degc, dew_degc))
    assert (dry, dew) == (dry_degc, dew_degc)
    expected = 100.0 * float(relative_humidity_frac(np.array([dry_degc]), np.array([dew_degc]))[0])
    assert humidity_pct == pytest.approx(expected, abs=0.2 if dew_degc > 0.0 else 6.0)


def test_files_are_found_beside_the_mapping_first_then_in_the_environments_folders(
    engine: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapping, elsewhere = tmp_path / "a" / "x.energyplus.yaml", tmp_path / "b"
    for folder in (mapping.parent, elsewhere):
        folder.mkdir()
        (folder / "m.epJSON").write_text("{}")
    (elsewhere / "only.epJSON").write_text("{}")
    monkeypatch.setenv(FOLDERS, f"{tmp_path / 'no'}:{elsewhere}")
    assert find_file("m.epJSON", mapping, "model") == mapping.parent / "m.epJSON"
    assert find_file("only.epJSON", mapping, "model") == elsewhere / "only.epJSON"
    assert find_file("USA_IL_Chicago-OHare.Intl.AP.725300_TMY3.epw", mapping, "weather").is_file()
    with pytest.raises(ConfigurationError, match=r"x\.energyplus\.yaml: model: no file 'none\.idf' .*ENERGYPLUS_FILES"):
        find_file("none.idf", mapping, "model")


def test_what_is_no_model_is_refused(engine: None, tmp_path: Path) -> None:
    for text in ("Version,24.1;", json.dumps([1])):
        path = tmp_path / "m.epJSON"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigurationError, match=r"m\.epJSON: not an epJSON file"):
            read_model(path)


def test_names_are_read_from_the_engines_lists() -> None:
    dictionary = (
        "! Program Version\nOutput:Variable,*,Fan Electricity Rate,hourly; !- HVAC Average [W]\n"
        "Output:Variable,*,Site Day Type Index,hourly; !- Zone Average []\n"
    )
    known = [
        ["Actuator", "Schedule:Compact", "ALWAYS_ON", "Schedule Value"], ["InternalVariable", "Zone Volume", "EAST", ""],
        ["OutputMeter", "", "Electricity:Facility", ""], ["OutputVariable", "Fan Electricity Rate", "FAN 1", ""],
    ]  # fmt: skip
    names = Names.of(known, dictionary)
    assert names.actuators == [("Schedule:Compact", "Schedule Value", "ALWAYS_ON")]
    assert names.variables == {"Fan Electricity Rate": "HVAC Average [W]", "Site Day Type Index": "Zone Average []"}
    assert names.keyed == [("Fan Electricity Rate", "FAN 1")]
    assert names.meters == ["Electricity:Facility"]
