"""Training: from history to a new version of a site's models, with the card that says what each part may be trusted with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from facility.errors import NotEnoughDataError
from facility.learn.learned import artefact_name
from facility.learn.model_store import ModelStore
from facility.learn.site_training import learn_site
from facility.learn.twin import Learned, plant_models
from facility.learn.whole_check import WholeCheck, check_whole
from facility.ports import Telemetry
from facility.site_file import LoadedSite
from models.card import ModelCard
from models.history_rows import needed_columns
from models.plant_model import CoolingPlant
from models.serialise import dump_model
from models.site_fit import PlantFit, fit_plant, hall_columns

WINDOW = timedelta(days=366)
SETPOINTS = (
    "supply_air_temperature_setpoint_degc",
    "fan_speed_setpoint_frac",
    "leaving_chilled_water_temperature_setpoint_degc",
    "condenser_water_temperature_setpoint_degc",
)


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """A version of the models, now in service, with its cards and the check of the whole against the meter."""

    version: str
    cards: Sequence[ModelCard]
    whole: WholeCheck | None


def train_site(loaded: LoadedSite, telemetry: Telemetry, models: ModelStore, now: datetime) -> TrainingOutcome:
    """Fit everything that history allows, keep it as a new version and put that in service.

    Each part qualifies by itself, out of sample, against its own prior and yesterday's value; where it does not, or where
    history cannot teach it, the nameplate stays in force and the card says why.

    Raises
    ------
    NotEnoughDataError
        If nothing at all can be fitted: what is missing, by name.
    """
    plants = plant_models(loaded, Learned(), None, {})
    frame = training_frame(loaded, telemetry, plants, now)
    fits = {plant.plant_id: _fit(loaded, plant, frame) for plant in plants}
    cards = [card for fit in fits.values() for card in fit.cards]
    if not any(card.window for card in cards):
        raise NotEnoughDataError(sorted({card.reason for card in cards}))
    whole = check_whole(loaded, telemetry, plants, fits, frame)
    site, site_card = learn_site(loaded, telemetry, now)
    cards.append(site_card)
    version = f"{now:%Y%m%dT%H%M%S}Z"
    models.save(version, {**_artefacts(fits), **site}, _card(loaded, version, now, cards, whole))
    models.serve(version)
    return TrainingOutcome(version, cards, whole)


def training_frame(
    loaded: LoadedSite, telemetry: Telemetry, plants: Sequence[CoolingPlant], at: datetime
) -> pd.DataFrame:
    """Return history by step, columns `equipment.quantity` (several feeds as one), of what the fits use."""
    wanted = list(dict.fromkeys(column for plant in plants for column in _columns(loaded, plant)))
    points = {column: loaded.points.of(*column.split(".", maxsplit=1)) for column in wanted}
    measured = {column: found for column, found in points.items() if found}
    ids = [point.id for found in measured.values() for point in found]
    frame = telemetry.read(ids, at - WINDOW, at, loaded.site.step)
    known = frame.dropna(how="all")
    frame = frame.loc[known.index[0] :] if len(known) else frame.iloc[:0]
    return pd.DataFrame({column: joined_feeds(frame, found) for column, found in measured.items()}, index=frame.index)


def joined_feeds(frame: pd.DataFrame, points: Sequence[Any]) -> pd.Series:
    """Return a quantity of several feeds as one: the sum of powers, the mean of anything else."""
    feeds = frame[[point.id for point in points]]
    return feeds.sum(axis=1, skipna=False) if points[0].unit == "kW" else feeds.mean(axis=1)


def _columns(loaded: LoadedSite, plant: CoolingPlant) -> list[str]:
    columns = [column for needed in needed_columns(plant, loaded.site.weather.station).values() for column in needed]
    for hall in plant.hall_parts:
        columns += hall_columns(plant, hall.id)
        columns += [f"{crah.id}.{quantity}" for crah in hall.crahs for quantity in SETPOINTS]
    return columns + [f"{plant.plant_id}.{quantity}" for quantity in SETPOINTS]


def _fit(loaded: LoadedSite, plant: CoolingPlant, frame: pd.DataFrame) -> PlantFit:
    liquid = {rack.id: rack.liquid_frac for hall in loaded.site.halls for rack in hall.racks}
    return fit_plant(plant, frame, liquid_frac=liquid, weather=loaded.site.weather.station)


def _artefacts(fits: Mapping[str, PlantFit]) -> dict[str, bytes]:
    """Return the parts that qualified, as bytes; the others have nothing to say in service."""
    found: dict[str, bytes] = {}
    for plant_id, fit in fits.items():
        for hall, inlets in fit.inlets.items():
            if inlets.qualified:
                found[artefact_name("inlets", hall)] = dump_model(inlets)
        for component, model in fit.components.items():
            if model.qualified:
                found[artefact_name("component", plant_id, component)] = dump_model(model)
    return found


def _card(
    loaded: LoadedSite, version: str, at: datetime, cards: Sequence[ModelCard], whole: WholeCheck | None
) -> dict[str, Any]:
    return {
        "version": version,
        "site": loaded.site.id,
        "site_revision": loaded.revision,
        "trained": at.isoformat(),
        "parts": [_finite(card.as_dict()) for card in cards],
        "whole": None if whole is None else _finite(whole.as_dict()),
    }


def _finite(value: Any) -> Any:
    """Return a JSON-able copy in which NaN and infinity, which JSON does not know, are null."""
    if isinstance(value, Mapping):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
