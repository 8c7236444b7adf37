"""Training: from history to a new version of a site's models, with the card that says what each part may be trusted with."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import pandas as pd

from facility.errors import NotEnoughDataError
from facility.learn.acceptance import KEPT, NEW, Decision
from facility.learn.candidates import Candidate, plant_candidates
from facility.learn.changes import Changes, read_changes
from facility.learn.liquid_frac import as_learned, liquid_frac_of
from facility.learn.liquid_shares import learn_liquid_shares
from facility.learn.metered import joined_feeds
from facility.learn.model_store import REPLACED, ModelStore
from facility.learn.server_fans import learn_server_fans
from facility.learn.site_training import learn_site
from facility.learn.twin import Learned, plant_models
from facility.learn.version import InService, VersionPart, assemble, decide, fresh_part, in_service, save_version
from facility.learn.whole_check import WholeCheck, breathing_columns, check_whole
from facility.ports import Telemetry
from facility.site_file import LoadedSite
from models.card import ModelCard
from models.coil_rows import coil_columns
from models.component_power import ComponentPower
from models.history_rows import needed_columns
from models.plant_model import CoolingPlant
from models.raw_history.screen import ScreenedHistory, screen_history
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
    """A version of the models, and whether it was put in service.

    Attributes
    ----------
    version, why
        Its name, and what asked for the training.
    cards
        Of all parts as they were trained now.
    decisions
        By part: whether the new one is better than the one in service.
    serves, reason
        Whether the version is in service now, and why (not).
    replaced
        The version that was in service before.
    whole
        The check of what is to serve against the meter.
    cpu_s
        What the training took.
    """

    version: str
    why: str
    cards: Sequence[ModelCard]
    decisions: Mapping[str, Decision]
    serves: bool
    reason: str
    replaced: str | None
    whole: WholeCheck | None
    cpu_s: float


def train_site(
    loaded: LoadedSite, telemetry: Telemetry, models: ModelStore, now: datetime, why: str = "asked for"
) -> TrainingOutcome:
    """Fit everything that history allows, keep it as a new version, and put that in service where it is better.

    Each part qualifies by itself, out of sample, against its own prior and yesterday's value; where it does not, or where
    history cannot teach it, the nameplate stays in force and the card says why. A part that is no better than the one in
    service gives way to it (`facility.learn.acceptance`). A version in which no part is better is kept, but does not serve.

    Raises
    ------
    NotEnoughDataError
        If nothing at all can be fitted: what is missing, by name.
    ModelError
        If a version of this second is there already.
    """
    began, cpu_began = time.monotonic(), time.process_time()
    plants = plant_models(loaded, Learned(), None, {})
    history = screen_history(training_frame(loaded, telemetry, plants, now))
    changes = read_changes(models.folder)
    serving, version = in_service(models), f"{now:%Y%m%dT%H%M%S}Z"
    shares = learn_liquid_shares(loaded, telemetry, now, changes)
    decisions = decide(shares, serving, loaded.site, changes)
    others = [
        *_plant_parts(as_learned(loaded, _going_on(shares, decisions, serving)), plants, history, changes),
        *learn_server_fans(loaded, telemetry, now, changes),
        learn_site(loaded, telemetry, now, changes),
    ]
    decisions |= decide(others, serving, loaded.site, changes)
    candidates = [*shares, *others]
    better, reason = _verdict(models, serving, decisions)
    parts = (
        assemble(version, candidates, decisions, serving, loaded.site)
        if better
        else [fresh_part(version, one, decisions[one.card.name], loaded.site) for one in candidates]
    )
    whole = check_whole(loaded, telemetry, plants, _fits(plants, parts), history.frame)
    cpu_s = time.process_time() - cpu_began
    card = {
        **_origin(loaded, version, now, why),
        "training_s": round(time.monotonic() - began, 2),
        "cpu_s": round(cpu_s, 2),
        REPLACED: serving.version,
        "better": better,
        "reason": reason,
        "parts": [part.entry for part in parts],
        "whole": None if whole is None else whole.as_dict(),
    }
    save_version(models, version, parts, card)
    serves = better and models.take_over(version, serving.version)
    if better and not serves:
        reason = "somebody else put a version in service meanwhile"
    models.prune(now)
    cards = [part.card for part in candidates]
    return TrainingOutcome(version, why, cards, decisions, serves, reason, serving.version, whole, cpu_s)


def _plant_parts(
    loaded: LoadedSite, plants: Sequence[CoolingPlant], history: ScreenedHistory, changes: Changes
) -> list[Candidate]:
    """Return the parts of all plants as history makes them."""
    found = [
        part
        for plant in plants
        for part in plant_candidates(loaded, plant, history, changes, partial(_fit, loaded, plant))
    ]
    if not any(part.card.window for part in found):
        raise NotEnoughDataError(sorted({part.card.reason for part in found}))
    return found


def _going_on(shares: Sequence[Candidate], decisions: Mapping[str, Decision], serving: InService) -> dict[str, float]:
    """Return what liquid takes of racks' power by the parts that go on: what is fitted on that answers beside them."""
    taken = {one.card.name: decisions[one.card.name].taken for one in shares}
    new = [one.model for one in shares if taken[one.card.name] == NEW]
    return liquid_frac_of([*new, *(serving.parts[name].model for name in taken if taken[name] == KEPT)])


def training_frame(
    loaded: LoadedSite,
    telemetry: Telemetry,
    plants: Sequence[CoolingPlant],
    at: datetime,
    window: timedelta = WINDOW,
) -> pd.DataFrame:
    """Return history by step, columns `equipment.quantity` (several feeds as one), of what the fits use."""
    wanted = list(dict.fromkeys(column for plant in plants for column in _columns(loaded, plant)))
    points = {column: loaded.points.of(*column.split(".", maxsplit=1)) for column in wanted}
    measured = {column: found for column, found in points.items() if found}
    ids = [point.id for found in measured.values() for point in found]
    frame = telemetry.read(ids, at - window, at, loaded.site.step)
    known = frame.dropna(how="all")
    frame = frame.loc[known.index[0] :] if len(known) else frame.iloc[:0]
    return pd.DataFrame({column: joined_feeds(frame, found) for column, found in measured.items()}, index=frame.index)


def _columns(loaded: LoadedSite, plant: CoolingPlant) -> list[str]:
    columns = [column for needed in needed_columns(plant, loaded.site.weather.station).values() for column in needed]
    columns += coil_columns(plant)
    columns += breathing_columns(plant)
    for hall in plant.hall_parts:
        columns += hall_columns(plant, hall.id)
        columns += [f"{crah.id}.{quantity}" for crah in hall.crahs for quantity in SETPOINTS]
    return columns + [f"{plant.plant_id}.{quantity}" for quantity in SETPOINTS]


def _fit(loaded: LoadedSite, plant: CoolingPlant, frame: pd.DataFrame) -> PlantFit:
    liquid = {rack.id: rack.liquid_frac for hall in loaded.site.halls for rack in hall.racks}
    return fit_plant(plant, frame, liquid_frac=liquid, weather=loaded.site.weather.station)


def _origin(loaded: LoadedSite, version: str, at: datetime, why: str) -> dict[str, str]:
    return {
        "version": version,
        "site": loaded.site.id,
        "site_revision": loaded.revision,
        "code_version": importlib.metadata.version("facility"),
        "trained": at.isoformat(),
        "why": why,
    }


def _verdict(models: ModelStore, serving: InService, decisions: Mapping[str, Decision]) -> tuple[bool, str]:
    """Return whether a new version is to serve, and why (not), in words."""
    pin = models.pin()
    if pin is not None:
        return False, f"{serving.version} is pinned by {pin.actor} ({pin.reason}): `facility models rollback --release`"
    if serving.unreadable:
        return True, serving.unreadable
    new = [part for part, decision in decisions.items() if decision.changes]
    if serving.version is None:
        return True, "the first version"
    if not new:
        return False, f"no part is better than in {serving.version}"
    return True, f"other than in {serving.version}: {', '.join(new)}"


def _fits(plants: Sequence[CoolingPlant], parts: Sequence[VersionPart]) -> dict[str, PlantFit]:
    """Return the component models of a version by plant."""
    models = {part.entry["name"]: part.model for part in parts}
    return {
        plant.plant_id: PlantFit(
            {},
            {
                name: model
                for name in needed_columns(plant)
                if isinstance(model := models.get(f"{plant.plant_id}.{name}"), ComponentPower)
            },
            (),
        )
        for plant in plants
    }
