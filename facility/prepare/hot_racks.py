"""What racks showed in the last day counts beside what was learned of them: a plan expects nothing cooler than was measured."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta

import pandas as pd

from facility.learn.metered import joined_feeds
from facility.ports import Telemetry
from facility.site_file import LoadedSite
from models.hall_air import Hall
from models.history_rows import hall_rows
from models.plant_model import CoolingPlant
from models.site_fit import hall_columns

REMEMBERED = timedelta(hours=24)
SETTLES = timedelta(hours=1)  # after supply air fell, racks are warmer than it makes them for so long at most
_FALLEN_K = 1.0


def remembering_hot_racks(
    loaded: LoadedSite, telemetry: Telemetry, at: datetime, plants: Sequence[CoolingPlant]
) -> list[CoolingPlant]:
    """Return the plants with rack inlets that are nowhere below what the last day measured, margins included.

    Recirculation bends upwards where CRAHs move less air than servers draw, and history may never have been there. A hall
    whose CRAHs or racks lack points stays as it was learned.
    """
    return [
        dataclasses.replace(
            plant, hall_parts=tuple(_remembering(loaded, telemetry, at, plant, hall) for hall in plant.hall_parts)
        )
        for plant in plants
    ]


def _remembering(loaded: LoadedSite, telemetry: Telemetry, at: datetime, plant: CoolingPlant, hall: Hall) -> Hall:
    frame = _frame(loaded, telemetry, at, hall_columns(plant, hall.id))
    if frame is None:
        return hall
    racks = [rack for one in loaded.site.halls for rack in one.racks if one.id == hall.id]
    rows, measured = hall_rows(hall, frame, {rack.id: rack.liquid_frac for rack in racks})
    supply = rows["supply_air_degc"]
    settled = supply.where(supply.rolling(SETTLES // loaded.site.step + 1, min_periods=1).max() - supply < _FALLEN_K)
    raised = hall.inlets.raised_to(
        settled.to_numpy(float), rows["air_rise_k"].to_numpy(float), measured.to_numpy(float)
    )
    return dataclasses.replace(hall, inlets=raised, inlets_learned=hall.inlets)


def _frame(loaded: LoadedSite, telemetry: Telemetry, at: datetime, columns: Sequence[str]) -> pd.DataFrame | None:
    """Return the last day by step; None where a column has no point."""
    points = {column: loaded.points.of(*column.split(".", maxsplit=1)) for column in columns}
    if not all(points.values()):
        return None
    ids = [point.id for found in points.values() for point in found]
    frame = telemetry.read(ids, at - REMEMBERED, at, loaded.site.step)
    return pd.DataFrame({column: joined_feeds(frame, found) for column, found in points.items()}, index=frame.index)
