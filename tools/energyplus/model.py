"""The model file: found, read as epJSON, and changed in memory for a run."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Mapping
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from facility.errors import ConfigurationError
from tools.energyplus.conversion import converted
from tools.energyplus.mapping import EnergyPlusMapping

FOLDERS = "ENERGYPLUS_FILES"  # environment: folders with models and weather files, separated as in PATH
Model = dict[str, dict[str, dict[str, Any]]]
OUTDOOR_ACTUATORS = tuple(
    ("Weather Data", name, "Environment")
    for name in ("Outdoor Dry Bulb", "Outdoor Dew Point", "Outdoor Relative Humidity")
)
_REPORTS = (
    "Output:Variable",
    "Output:Meter",
    "Output:Table:SummaryReports",
    "Output:Surfaces:Drawing",
    "Output:Constructions",
)  # only what is asked for by the run is worth computing


def package_folder() -> Path:
    """Return where the engine's package is.

    Raises
    ------
    ConfigurationError
        If the extra is not installed.
    """
    spec = find_spec("pyenergyplus")
    if spec is None or spec.origin is None:
        raise ConfigurationError(
            "EnergyPlus is not installed; python -m pip install -c constraints.txt '.[energyplus]'"
        )
    return Path(spec.origin).parent


def find_file(name: str, beside: Path, key: str) -> Path:
    """Return a model or weather file: an absolute path, or relative to the mapping, to ENERGYPLUS_FILES or to the package."""
    folders = [beside.parent, *(Path(folder) for folder in os.environ.get(FOLDERS, "").split(os.pathsep) if folder)]
    folders += [package_folder() / "data" / kind for kind in ("weather", "model")]
    found = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if found is None:
        raise ConfigurationError(
            f"{beside}: {key}: no file {name!r} beside the mapping; put it there or its folder into the environment's {FOLDERS}"
        )
    return found


def read_model(path: Path) -> Model:
    """Read an epJSON file, or an IDF file through the engine.

    Raises
    ------
    ConfigurationError
        If it is neither, or EnergyPlus is not installed.
    """
    package_folder()  # says what to install
    try:
        model = json.loads(converted(path) if path.suffix.casefold() == ".idf" else path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: not an epJSON file: {error}") from error
    if not isinstance(model, dict):
        raise ConfigurationError(f"{path}: not an epJSON file: expected an object at the top")
    return model


def changed(model: Model, mapping: EnergyPlusMapping, begin: date, days: int) -> Model:
    """Return the model for a run: the mapping's changes, its time steps, and one run period."""
    return prepared(
        _laid_over(model, mapping.changes),
        begin,
        days=days,
        steps_per_hour=mapping.steps_per_hour,
        warm_up_days=mapping.warm_up_days,
    )


def prepared(model: Model, begin: date, *, days: int, steps_per_hour: int, warm_up_days: int) -> Model:
    """Return a model with one run period, without reports, ready to be listed and to be set from outside."""
    new = {kind: objects for kind, objects in copy.deepcopy(model).items() if kind not in _REPORTS}
    new["Timestep"] = {"Timestep 1": {"number_of_timesteps_per_hour": steps_per_hour}}
    new["RunPeriod"] = {"run": _run_period(begin, days)}
    new["Output:VariableDictionary"] = {"all": {"key_field": "IDF"}}  # for complaints about names
    new["Output:EnergyManagementSystem"] = {"actuators": {"actuator_availability_dictionary_reporting": "Verbose"}}
    for building in new.get("Building", {}).values():
        building["minimum_number_of_warmup_days"] = warm_up_days
        building["maximum_number_of_warmup_days"] = warm_up_days
    for control in new.get("SimulationControl", {}).values():
        control["run_simulation_for_sizing_periods"] = "No"
        control["run_simulation_for_weather_file_run_periods"] = "Yes"
    return new


def _laid_over(model: Model, changes: Mapping[str, Mapping[str, Mapping[str, Any] | None]]) -> Model:
    new = copy.deepcopy(model)
    for kind, objects in changes.items():
        for name, fields in objects.items():
            if fields is None:
                new.get(kind, {}).pop(name, None)
            else:
                new.setdefault(kind, {}).setdefault(name, {}).update(fields)
        if not new.get(kind):
            new.pop(kind, None)
    return new


def _run_period(begin: date, days: int) -> dict[str, Any]:
    # Weather files of typical years have no leap day, so a run that would begin on one begins the day before.
    begin = begin - timedelta(days=1) if (begin.month, begin.day) == (2, 29) else begin
    end = begin + timedelta(days=days)
    end = end - timedelta(days=1) if (end.month, end.day) == (2, 29) else end
    return {
        "begin_year": begin.year, "begin_month": begin.month, "begin_day_of_month": begin.day,
        "end_year": end.year, "end_month": end.month, "end_day_of_month": end.day,
        "use_weather_file_daylight_saving_period": "No", "use_weather_file_holidays_and_special_days": "No",
    }  # fmt: skip
