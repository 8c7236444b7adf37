"""Where a hall's racks stood colder than the supply air that was asked for, a plan asks for that much less cold air.

Dampers and coils do not hold every setpoint: outdoor air finds its way in, a valve leaks, sensors differ.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import pandas as pd

from facility.learn.twin import SUPPLY_AIR
from facility.ports import Telemetry
from facility.site import Hall
from facility.site_file import LoadedSite
from models.hall_air import Hall as HallModel
from models.plant_model import CoolingPlant
from models.rack_inlet import KNEE_RISE_K

REMEMBERED = timedelta(hours=24)
SETTLES = timedelta(hours=1)  # after a setpoint rose, racks are colder than it for so long at most
_RISEN_K = 0.05
_LEAST_ROWS = 8
_SHARE = 0.05  # of the time may have been colder still
_LEAST_SPAN_K = 4.0  # stays between coldest and warmest inlet
_PART_K, _MOST_K = 0.5, 3.0  # half a kelvin at a time, so that plans stay; more is a sensor that is wrong


def remembering_cold_racks(
    loaded: LoadedSite, telemetry: Telemetry, at: datetime, plants: Sequence[CoolingPlant]
) -> list[CoolingPlant]:
    """Return the plants with the least inlet of each hall raised by how much colder its racks were than the model says."""
    colder_k = {hall.id: _colder_k(loaded, telemetry, at, hall) for hall in loaded.site.halls}
    return [
        dataclasses.replace(plant, hall_parts=tuple(_raised(hall, colder_k[hall.id]) for hall in plant.hall_parts))
        for plant in plants
    ]


def _raised(hall: HallModel, colder_k: float | None) -> HallModel:
    """Return a hall whose coldest rack stood so far below the supply air asked for, where the model has it above."""
    if colder_k is None:
        return hall
    wrong_k = colder_k + float(hall.coldest_degc(0.0, KNEE_RISE_K))
    raised_k = min(max(math.ceil(wrong_k / _PART_K) * _PART_K, 0.0), _MOST_K)
    warmest = max(hall.inlet_max_degc - _LEAST_SPAN_K, hall.inlet_min_degc)
    return dataclasses.replace(hall, inlet_min_degc=min(hall.inlet_min_degc + raised_k, warmest))


def _colder_k(loaded: LoadedSite, telemetry: Telemetry, at: datetime, hall: Hall) -> float | None:
    """Return how far the coldest rack stood below the supply air asked for in the last day; None where nobody can tell."""
    crahs = [crah.id for crah in loaded.site.crahs if crah.hall == hall.id and loaded.site.in_service(crah.id, at)]
    asked, racks = (
        [point.id for one in equipment for point in loaded.points.of(one, quantity)]
        for equipment, quantity in ((crahs, SUPPLY_AIR), ([rack.id for rack in hall.racks], "inlet_temperature_degc"))
    )
    if not asked or not racks:
        return None
    frame = telemetry.read([*asked, *racks], at - REMEMBERED, at, loaded.site.step)
    setpoint, coldest = frame[asked].mean(axis=1), frame[racks].min(axis=1)
    below = (setpoint - coldest)[_settled(setpoint, SETTLES // loaded.site.step)].dropna()
    return float(below.quantile(1.0 - _SHARE)) if len(below) >= _LEAST_ROWS else None


def _settled(setpoint: pd.Series, steps: int) -> pd.Series:
    """Tell in which rows the setpoint has not risen lately."""
    return setpoint - setpoint.rolling(steps + 1, min_periods=1).min() < _RISEN_K
