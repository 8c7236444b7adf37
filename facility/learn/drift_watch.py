"""Whether parts of a site have left the models in service, by their last days of history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from facility.learn.changes import note_change, read_changes
from facility.learn.learned import out_of_date
from facility.learn.liquid_frac import liquid_frac_of
from facility.learn.model_store import ModelStore
from facility.learn.part_evidence import site_evidence
from facility.learn.training import training_frame
from facility.learn.twin import Learned, plant_models
from facility.learn.version import Entry, VersionPart, parts_of
from facility.ports import Telemetry
from facility.site_file import LoadedSite
from models.drift import drifted, may_have_drifted
from models.evidence import Evidence, predicted
from models.rack_inlet import PROBE_ACCURACY_K

LOOK_BACK = timedelta(days=3)
METER_FRAC = 0.01
_SAME_WITHIN = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class PartDrift:
    """A part that behaves otherwise than the version in service says: since when, and by how much on average."""

    part: str
    version: str
    since: datetime
    size: float
    unit: str

    def __str__(self) -> str:
        return f"{self.part} {self.size:+.3g} {self.unit} since {self.since:%Y-%m-%d %H:%M} UTC"


def find_drift(loaded: LoadedSite, telemetry: Telemetry, models: ModelStore, now: datetime) -> list[PartDrift]:
    """Return the parts that have begun to behave otherwise, those already known left out.

    Only rows that took no part in fitting count, at conditions that it has seen. Parts of which these are too few are not
    looked at.

    Raises
    ------
    ModelError
        If the version in service cannot be read.
    """
    version = models.serving()
    if version is None:
        return []
    parts = parts_of(models, version)
    asked = [name for name, part in parts.items() if _may_drift(part, now, loaded)]
    if not asked:
        return []
    plants = plant_models(loaded, Learned(), None, {})
    frame = training_frame(loaded, telemetry, plants, now, LOOK_BACK)
    liquid_frac = liquid_frac_of(part.model for part in parts.values())
    rows = site_evidence(loaded, telemetry, plants, frame, now, liquid_frac=liquid_frac, asked=asked)
    known = read_changes(models.folder)
    drifts = {name: _drift_of(parts[name], rows[name], version) for name in asked if name in rows}
    return [
        drift
        for name, drift in drifts.items()
        if drift is not None and not _is_known(drift, known.get(name, ()), rows[name])
    ]


def note_drift(loaded: LoadedSite, telemetry: Telemetry, models: ModelStore, now: datetime) -> list[PartDrift]:
    """Find drift, and keep since when for the trainings to come; see `find_drift`."""
    found = find_drift(loaded, telemetry, models, now)
    for drift in found:
        note_change(models.folder, drift.part, drift.since)
    return found


def _may_drift(part: VersionPart, now: datetime, loaded: LoadedSite) -> bool:
    """Tell whether a part has a model of the equipment that is there, and hours enough that took no part in fitting."""
    usual = part.entry.get("usual_miss")
    if part.model is None or usual is None:
        return False
    hours = (pd.Timestamp(now).ceil("h") - pd.Timestamp(part.entry["fitted_until"]).floor("h")) / pd.Timedelta(hours=1)
    in_date = out_of_date({"parts": [part.entry]}, part.entry["name"], loaded.site) is None
    return in_date and may_have_drifted(hours, usual["limit"])


def _drift_of(part: VersionPart, rows: Evidence, version: str) -> PartDrift | None:
    assert part.model is not None, "a part without a model is not looked at"
    new = rows.after(pd.Timestamp(part.entry["fitted_until"]))
    residuals = new.residuals(predicted(part.model, new.rows)).where(_seen(part, new))
    found = drifted(residuals, _may_miss(part.entry, new), part.entry["usual_miss"]["limit"])
    if found is None:
        return None
    return PartDrift(part.entry["name"], version, found.since.to_pydatetime(), found.size, part.entry["unit"])


def _seen(part: VersionPart, rows: Evidence) -> npt.NDArray[np.bool_]:
    """Return where all conditions lie in the range that fitting has seen: a first frost is no drift."""
    inside = np.ones(len(rows.rows), bool)
    for name, (low, high) in part.entry["features"].items():
        if low is not None and high is not None:
            inside &= rows.rows[name].between(low, high).to_numpy(bool)
    return inside


def _may_miss(entry: Entry, rows: Evidence) -> float:
    """Return what an hour may miss: the interval on the card, or in the test, or what meters and probes may be off by.

    The test of a short history is some hours of one weather; the interval on the card comes from all of it.
    """
    probes = rows.measured.shape[1]
    meter = METER_FRAC * float(rows.measured.mean().mean())
    instrument = PROBE_ACCURACY_K / np.sqrt(probes) if entry["unit"] == "degC" else meter
    return float(np.nanmax([entry["usual_miss"]["half_width"], entry["half_width"] or 0.0, instrument]))


def _is_known(drift: PartDrift, known: Sequence[datetime], rows: Evidence) -> bool:
    """Tell whether a drift is that of a change known already, which may have begun before the rows looked at."""
    return bool(known) and drift.since <= max(*known, rows.rows.index[0].to_pydatetime()) + _SAME_WITHIN
