"""Parts as a training made them, to be judged beside those in service; each from all rows, or from those since it changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from facility.learn.changes import Changes
from facility.learn.part_evidence import plant_evidence
from facility.site_file import LoadedSite
from models.card import ModelCard
from models.coil_rows import coil_columns
from models.evidence import Evidence, FittedPart, held_out
from models.history_rows import needed_columns
from models.plant_model import CoolingPlant
from models.raw_history.screen import ScreenedHistory
from models.site_fit import PlantFit, hall_columns


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A part: its card, what was fitted if anything could be, and the rows it was fitted and tested on, if there are any."""

    card: ModelCard
    model: FittedPart | None
    evidence: Evidence | None

    @property
    def may_serve(self) -> bool:
        """Whether it does what serving asks: it qualified, or there is no nameplate that could answer in its place."""
        return self.model is not None and (self.card.qualified or self.card.prior_test is None)

    def noted(self, notes: Sequence[str]) -> Candidate:
        """Return it with more notes on its card."""
        return dataclasses.replace(self, card=dataclasses.replace(self.card, notes=(*self.card.notes, *notes)))


def plant_candidates(
    loaded: LoadedSite,
    plant: CoolingPlant,
    history: ScreenedHistory,
    changes: Changes,
    fit: Callable[[pd.DataFrame], PlantFit],
) -> list[Candidate]:
    """Return the parts of a plant; one that has changed is fitted on the rows since then as well.

    The better is returned.

    Parameters
    ----------
    loaded, plant
        The site and its plant.
    history
        Without what must not teach; the cards name what was left out.
    changes
        Since when parts behave otherwise.
    fit
        Fits a plant to history.
    """
    frame = history.frame
    parts = _candidates(loaded, plant, frame, fit(frame))
    for since in sorted({time for part in parts for time in changes.get(part.card.name, ())}):
        rows = frame.loc[since:]
        newer = {part.card.name: part for part in _candidates(loaded, plant, rows, fit(rows))}
        parts = [
            better_of(part, newer[part.card.name], since) if since in changes.get(part.card.name, ()) else part
            for part in parts
        ]
    columns = _columns(loaded, plant)
    return [part.noted(history.about(columns.get(part.card.name, ()))) for part in parts]


def better_of(older: Candidate, newer: Candidate, since: datetime) -> Candidate:
    """Return the part that does better on the newest of the rows since a change, neither having seen them."""
    if newer.model is None or newer.evidence is None:
        return older
    if older.model is not None and older.evidence is not None:
        cut = newer.evidence.newest_fifth
        try:
            rivals = [held_out(one.model, one.evidence, cut) for one in (older, newer) if one.model and one.evidence]
        except ValueError:  # too few rows since the change to hold some out
            return older
        errors = [rows.after(cut).errors_of(said[-len(rows.after(cut).rows) :]).rmse for rows, said in rivals]
        if not errors[1] < errors[0]:
            return older
    note = f"learned from the rows since {since:%Y-%m-%d %H:%M} UTC alone, when it changed"
    return newer.noted([note])


def _candidates(loaded: LoadedSite, plant: CoolingPlant, frame: pd.DataFrame, fit: PlantFit) -> list[Candidate]:
    models: dict[str, FittedPart] = {f"{hall}.rack_inlets": model for hall, model in fit.inlets.items()}
    models |= {f"{plant.plant_id}.{name}": model for name, model in fit.components.items()}
    models |= {} if fit.coils is None else {f"{plant.plant_id}.coils": fit.coils}
    evidence = plant_evidence(loaded, plant, frame) if len(frame) else {}
    return [Candidate(card, models.get(card.name), evidence.get(card.name)) for card in fit.cards]


def _columns(loaded: LoadedSite, plant: CoolingPlant) -> Mapping[str, Sequence[str]]:
    """Return the columns of history that each part is made of, by the name on its card."""
    parts: dict[str, Sequence[str]] = {
        f"{plant.plant_id}.{name}": needed
        for name, needed in needed_columns(plant, loaded.site.weather.station).items()
    }
    parts[f"{plant.plant_id}.coils"] = coil_columns(plant)
    return parts | {f"{hall}.rack_inlets": hall_columns(plant, hall) for hall in plant.halls}
