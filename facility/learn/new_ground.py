"""Whether a plan has taken the plant where its models have seen nothing: the first hours there teach more than weeks before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.learn.model_store import ModelStore
from facility.learn.part_evidence import plant_evidence
from facility.learn.training import training_frame
from facility.learn.twin import Learned, plant_models
from facility.ports import Telemetry
from facility.site_file import LoadedSite

LOOK_BACK = timedelta(hours=1)  # all of it must be there: a setpoint that passes by teaches little
MOVED_BY_PLANS = ("supply_air_degc", "leaving_water_degc")
LEAST_K = 1.0


def new_ground(loaded: LoadedSite, telemetry: Telemetry, models: ModelStore, now: datetime) -> list[str]:
    """Return in words which air and water have been beyond what any version of the models has seen, to the nearest kelvin.

    Versions that do not serve count as well: what they have seen has been tried.

    Raises
    ------
    ModelError
        If the card of a version cannot be read.
    """
    seen = _seen(models)
    if not seen:
        return []
    plants = plant_models(loaded, Learned(), None, {})
    frame = training_frame(loaded, telemetry, plants, now, LOOK_BACK)
    asked = {part for part, _ in seen}
    rows = {name: part.rows for plant in plants for name, part in plant_evidence(loaded, plant, frame, asked).items()}
    return [
        f"{part}: {condition.removesuffix('_degc').replace('_', ' ')} of {mean:.0f} degC"
        for (part, condition), (low, high) in seen.items()
        if part in rows and (mean := _beyond(rows[part][condition], low, high, loaded.site.step)) is not None
    ]


def _seen(models: ModelStore) -> dict[tuple[str, str], tuple[float, float]]:
    """Return the widest range of each condition over all versions, by part and name."""
    found: dict[tuple[str, str], tuple[float, float]] = {}
    for key, low, high in _ranges(models):
        was_low, was_high = found.get(key, (low, high))
        found[key] = min(low, was_low), max(high, was_high)
    return found


def _ranges(models: ModelStore) -> Iterator[tuple[tuple[str, str], float, float]]:
    for version in models.versions():
        for entry in models.card(version)["parts"]:
            for condition in MOVED_BY_PLANS:
                low, high = entry["features"].get(condition) or (None, None)
                if low is not None and high is not None:
                    yield (entry["name"], condition), low, high


def _beyond(values: pd.Series[float], low: float, high: float, step: timedelta) -> float | None:
    """Return the mean of the last hours where all of it lies beyond a range."""
    known = values.dropna().to_numpy(float)
    if len(known) < LOOK_BACK / step or not (np.all(known < low - LEAST_K) or np.all(known > high + LEAST_K)):
        return None
    return float(known.mean())
