"""Rows in which a hall breathed outdoor air say nothing of its coils, and are left out."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from models.airside import Airside
from models.coil_rows import coil_columns, coil_rows, flow_column
from models.nameplate import AirsideEconomizer
from models.plant_model import CoolingPlant
from models.site_fit import hall_columns
from tests.models.small_plant import hall, plant

MODE = "ase-1.economizer_mode"
ROWS = 12


def frame(there: CoolingPlant) -> pd.DataFrame:
    """Return steps of a plant at one load, its dampers open in the middle third and unknown in the last step."""
    index = pd.date_range("2026-03-01", periods=ROWS, freq="15min", tz="UTC")
    rated = {
        "power_kw": 8.0,
        "inlet_temperature_degc": 22.0,
        "fan_speed_frac": 0.6,
        "supply_air_temperature_degc": 20.0,
    }
    table = {column: rated[column.rpartition(".")[2]] for column in hall_columns(there, "hall-1")}
    table |= {f"{there.plant_id}.leaving_chilled_water_temperature_degc": 10.0}
    shut = np.zeros(ROWS)
    shut[4:8], shut[-1] = 1.0, np.nan
    return pd.DataFrame(table, index=index).assign(**{flow_column(there): np.linspace(14.0, 16.0, ROWS), MODE: shut})


def test_rows_with_open_dampers_are_left_out() -> None:
    breathing = dataclasses.replace(hall(), airside=Airside(AirsideEconomizer("ase-1", 33.0)))
    there = dataclasses.replace(plant(halls=(breathing,)), loop_parts=())
    sealed = dataclasses.replace(plant(), loop_parts=())
    assert MODE in coil_columns(there) and MODE not in coil_columns(sealed)
    history = frame(there)
    assert list(coil_rows(there, history, {}).index) == list(history.index[[0, 1, 2, 3, 8, 9, 10]])
    assert len(coil_rows(sealed, history, {})) == ROWS
