"""Whether the parts of the version in service are asked, in the last hour, beyond what their fitting has seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from facility.learn.liquid_frac import liquid_frac_of
from facility.learn.model_store import ModelStore
from facility.learn.part_evidence import site_evidence
from facility.learn.training import training_frame
from facility.learn.twin import Learned, plant_models
from facility.learn.version import parts_of
from facility.ports import Telemetry
from facility.site_file import LoadedSite

LOOK_BACK = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a part: the range that fitting has seen, and its mean of the last hour."""

    name: str
    low: float
    high: float
    now: float

    @property
    def outside(self) -> bool:
        """Whether it lies beyond what was seen."""
        return not self.low <= self.now <= self.high


def conditions_now(
    loaded: LoadedSite, telemetry: Telemetry, models: ModelStore, now: datetime
) -> dict[str, list[Condition]]:
    """Return the conditions of each part that had rows in the last hour; a part that rests has none.

    Raises
    ------
    ModelError
        If the version in service cannot be read.
    """
    version = models.serving()
    if version is None:
        return {}
    parts = parts_of(models, version)
    plants = plant_models(loaded, Learned(), None, {})
    frame = training_frame(loaded, telemetry, plants, now, LOOK_BACK)
    liquid_frac = liquid_frac_of(part.model for part in parts.values())
    rows = site_evidence(loaded, telemetry, plants, frame, now, liquid_frac=liquid_frac, asked=list(parts))
    return {name: _conditions(parts[name].entry["features"], rows[name].rows) for name in parts if name in rows}


def _conditions(ranges: dict[str, tuple[float | None, float | None]], rows: pd.DataFrame) -> list[Condition]:
    found = []
    for name, (low, high) in ranges.items():
        mean = float(rows[name].mean())
        if low is not None and high is not None and pd.notna(mean):
            found.append(Condition(name, low, high, mean))
    return found
