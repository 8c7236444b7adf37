"""Rows of history by part of the models: what each was measured at, and what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from facility.errors import NotEnoughDataError
from facility.learn.site_frame import read_site_frame
from facility.ports import Telemetry
from facility.site_file import LoadedSite
from models.evidence import Evidence, component_evidence, inlet_evidence, whole_evidence
from models.history_rows import component_rows, hall_rows
from models.plant_model import CoolingPlant


def plant_evidence(loaded: LoadedSite, plant: CoolingPlant, frame: pd.DataFrame) -> dict[str, Evidence]:
    """Return the rows of each part of a plant, by the name on its card; parts that are not measured, or never run, are left out."""
    found: dict[str, Evidence] = {}
    liquid = {rack.id: rack.liquid_frac for hall in loaded.site.halls for rack in hall.racks}
    for hall in plant.hall_parts:
        columns = {f"{crah.id}.{q}" for crah in hall.crahs for q in ("supply_air_temperature_degc", "fan_speed_frac")}
        if columns <= set(frame.columns):
            found[f"{hall.id}.rack_inlets"] = inlet_evidence(*hall_rows(hall, frame, liquid))
    for name, rows in component_rows(plant, frame, loaded.site.weather.station).items():
        found[f"{plant.plant_id}.{name}"] = component_evidence(rows)
    return {part: evidence for part, evidence in found.items() if len(evidence)}


def site_evidence(
    loaded: LoadedSite, telemetry: Telemetry, plants: Sequence[CoolingPlant], frame: pd.DataFrame, until: datetime
) -> dict[str, Evidence]:
    """Return the rows of each part of a site, its whole among them; `frame` as `training_frame` reads it, up to a time."""
    found = {part: rows for plant in plants for part, rows in plant_evidence(loaded, plant, frame).items()}
    if len(frame):
        try:
            whole = read_site_frame(loaded, telemetry, frame.index[0].to_pydatetime(), until).rows()
        except NotEnoughDataError:
            return found  # a site without a main meter is learned by its parts
        if len(whole.table):
            found[f"{loaded.site.id}.whole"] = whole_evidence(whole)
    return found
