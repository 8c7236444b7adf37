"""Two versions side by side: what each missed on the rows that it was tested on, and on the newest rows that are new to both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from facility.learn.learned import out_of_date
from facility.learn.liquid_frac import liquid_frac_of
from facility.learn.model_store import ModelStore
from facility.learn.part_evidence import site_evidence
from facility.learn.training import training_frame
from facility.learn.twin import Learned, plant_models
from facility.learn.version import VersionPart, parts_of
from facility.ports import Telemetry
from facility.site import Site
from facility.site_file import LoadedSite
from models.evidence import LEAST_ROWS, Evidence, predicted


@dataclass(frozen=True, slots=True)
class PartComparison:
    """A part in two versions; errors are RMSE in the part's unit, None where there is nothing to compare, and `note` says why.

    Attributes
    ----------
    tested
        Each on the rows of its own test.
    common, nameplate
        Both, and the nameplate, on the newest rows that neither was fitted on.
    rows, after
        How many these are, and the time they begin after.
    """

    part: str
    unit: str
    tested: tuple[float | None, float | None]
    common: tuple[float | None, float | None] = (None, None)
    nameplate: float | None = None
    rows: int = 0
    after: datetime | None = None
    note: str = ""


def compare_versions(
    loaded: LoadedSite, telemetry: Telemetry, models: ModelStore, versions: tuple[str, str], now: datetime
) -> list[PartComparison]:
    """Return how two versions compare, part by part.

    Raises
    ------
    ModelError
        If there is no such version, or one cannot be read.
    """
    for version in versions:
        models.require(version)
    first, second = (parts_of(models, version) for version in versions)
    begins = [after for name in first if name in second and (after := _new_to_both(first[name], second[name]))]
    rows: Mapping[str, Evidence] = {}
    if begins:
        plants = plant_models(loaded, Learned(), None, {})
        frame = training_frame(loaded, telemetry, plants, now, now - min(begins).to_pydatetime())
        liquid_frac = liquid_frac_of(part.model for part in second.values())
        rows = site_evidence(loaded, telemetry, plants, frame, now, liquid_frac=liquid_frac)
    names = list(dict.fromkeys([*first, *second]))
    return [_compared((first.get(name), second.get(name)), rows.get(name), loaded.site) for name in names]


def _new_to_both(*parts: VersionPart) -> pd.Timestamp | None:
    """Return the time after which rows are new to all, or None where a part is not learned."""
    until = [pd.Timestamp(part.entry["fitted_until"]) for part in parts if "fitted_until" in part.entry]
    return max(until) if len(until) == len(parts) else None


def _compared(
    parts: tuple[VersionPart | None, VersionPart | None], evidence: Evidence | None, site: Site
) -> PartComparison:
    entries = [part.entry if part else {} for part in parts]
    known = next(entry for entry in entries if entry)
    first, second = ((entry.get("test") or {}).get("rmse") for entry in entries)
    name, unit, tested = known["name"], known["unit"], (first, second)
    learned = [part for part in parts if part is not None and part.model is not None]
    if note := _why_not(name, learned, evidence, site):
        return PartComparison(name, unit, tested, note=note)
    after = _new_to_both(*learned)
    assert evidence is not None and after is not None
    rows = evidence.after(after)
    if len(rows) < LEAST_ROWS:
        note = f"{len(rows)} rows are new to both, {LEAST_ROWS} are needed"
        return PartComparison(name, unit, tested, rows=len(rows), after=after.to_pydatetime(), note=note)
    errors = [rows.errors_of(predicted(part.model, rows.rows)).rmse for part in learned if part.model]
    return PartComparison(
        name,
        unit,
        tested,
        common=(errors[0], errors[1]),
        nameplate=None if rows.nameplate is None else rows.errors_of(rows.nameplate).rmse,
        rows=len(rows),
        after=after.to_pydatetime(),
        note="the same part" if _same(learned) else "",
    )


def _why_not(name: str, learned: Sequence[VersionPart], evidence: Evidence | None, site: Site) -> str:
    """Return why two parts cannot be compared on common rows; empty where they can."""
    if len(learned) < 2:
        return "not learned in both"
    for part in learned:
        if (why := out_of_date({"parts": [part.entry]}, name, site)) is not None:
            return f"{part.entry['trained_in']} is of other equipment ({why})"
    return "" if evidence is not None else "not measured since"


def _same(parts: Sequence[VersionPart]) -> bool:
    return len({part.entry["trained_in"] for part in parts}) == 1
