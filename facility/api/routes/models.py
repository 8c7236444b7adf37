"""/models: the versions, and what their parts are worth: error, bias, coverage, range seen, and where they are asked now."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

import numpy as np
from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel

from facility.access import Permission
from facility.api.entry import needs
from facility.api.problem import ProblemError
from facility.api.routes.view import View
from facility.api.site_view import SiteView
from facility.errors import ModelError, NotEnoughDataError
from facility.learn.card_page import answers
from facility.learn.changes import read_changes
from facility.learn.model_store import ModelStore
from facility.learn.range_now import Condition, conditions_now
from facility.learn.sample import Sample, unpack
from facility.learn.version_rows import standing, version_rows

router = APIRouter(tags=["models"])


class VersionAnswer(BaseModel):
    """A version of the models; the first fields of one whose card cannot be read, with the reason."""

    version: str
    trained: AwareDatetime | None
    because: str | None
    in_service: bool
    pinned_by: str | None
    pinned_reason: str | None
    learned: int
    nameplate: int
    kept: int
    site_revision: str | None
    reason: str


class ConditionAnswer(BaseModel):
    """The range of a condition that fitting has seen; `now` is its mean of the last hour, null where not known."""

    name: str
    low: float
    high: float
    now: float | None
    outside: bool


class PartAnswer(BaseModel):
    """A part of a version; errors are of rows that took no part in fitting, in `unit`."""

    name: str
    answers: str  # nameplate, learned, doubtful
    method: str
    unit: str
    rows: int | None
    rmse: float | None
    bias_frac: float | None  # measured less predicted, of the mean measured
    nameplate_rmse: float | None
    yesterday_rmse: float | None
    half_width: float | None  # of the 90 % interval
    coverage_frac: float | None  # share of those rows inside it
    window: list[AwareDatetime] | None
    conditions: list[ConditionAnswer]
    drifted_since: AwareDatetime | None  # the newest change that was found after its window ended
    decision: str
    notes: list[str]


class VersionsAnswer(BaseModel):
    """All versions, oldest first; `serving` is null while the nameplates answer."""

    serving: str | None
    versions: list[VersionAnswer]


class CardAnswer(BaseModel):
    """One version with its parts."""

    version: str
    standing: str
    trained: AwareDatetime
    reason: str
    asked_now: str  # why the last hour is not known; empty where it is
    parts: list[PartAnswer]


class PointsAnswer(BaseModel):
    """Some of the rows that a part was tested on, in the order of time."""

    part: str
    unit: str
    half_width: float | None
    times: list[AwareDatetime]
    measured: list[float | None]
    predicted: list[float | None]
    conditions: dict[str, list[float | None]]


@router.get("/models", dependencies=[needs(Permission.READ)])
def read_models(view: View) -> VersionsAnswer:
    """Return the versions of the models and which serves, as `facility models list` has them."""
    models = ModelStore(view.state.models)
    return VersionsAnswer(serving=models.serving(), versions=[VersionAnswer(**row) for row in version_rows(models)])


@router.get("/models/{version}", dependencies=[needs(Permission.READ)], responses={404: {}})
def read_card(view: View, version: str) -> CardAnswer:
    """Return the card of a version; of the one in service also whether the last hour lay beyond what it has seen."""
    models = ModelStore(view.state.models)
    card = _card(models, version)
    now, why = _asked_now(view, models) if version == models.serving() else ({}, "not in service")
    changes = read_changes(models.folder)
    return CardAnswer(
        version=version,
        standing=standing(models, version),
        trained=card["trained"],
        reason=card["reason"],
        asked_now=why,
        parts=[
            _part(entry, version, now.get(entry["name"], ()), changes.get(entry["name"], ())) for entry in card["parts"]
        ],
    )


@router.get("/models/{version}/points", dependencies=[needs(Permission.READ)], responses={404: {}})
def read_model_points(view: View, version: str, part: str) -> PointsAnswer:
    """Return what the picture of a part is drawn from."""
    models = ModelStore(view.state.models)
    entry = next((one for one in _card(models, version)["parts"] if one["name"] == part), None)
    sample = unpack(models.pictures(version)).get(part)
    if entry is None or sample is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"no points of {part!r}: what answers by its nameplate has none")
    return PointsAnswer(
        part=part,
        unit=entry["unit"],
        half_width=entry["half_width"],
        times=_times(sample),
        measured=_finite(sample.measured),
        predicted=_finite(sample.predicted),
        conditions={name: _finite(values) for name, values in sample.conditions.items()},
    )


def _card(models: ModelStore, version: str) -> Mapping[str, Any]:
    if version not in models.versions():
        known = ", ".join(models.versions()) or "none: the nameplates answer until a first training"
        raise ProblemError(HTTPStatus.NOT_FOUND, f"no model version {version!r}; there are: {known}")
    return models.card(version)


def _asked_now(view: SiteView, models: ModelStore) -> tuple[Mapping[str, Sequence[Condition]], str]:
    def make() -> tuple[Mapping[str, Sequence[Condition]], str]:
        try:
            return conditions_now(view.loaded, view.telemetry, models, view.clock.now()), ""
        except (ModelError, NotEnoughDataError) as error:
            return {}, str(error)

    found: tuple[Mapping[str, Sequence[Condition]], str] = view.kept(
        f"conditions of {models.serving()}", view.loaded.site.step.total_seconds(), make
    )
    return found


def _part(entry: Mapping[str, Any], version: str, now: Sequence[Condition], changes: Sequence[datetime]) -> PartAnswer:
    test = entry["test"] or {}
    until = datetime.fromisoformat(entry["window"][1]) if entry["window"] else None
    return PartAnswer(
        name=entry["name"],
        answers=answers(entry, version),
        method=entry["method"],
        unit=entry["unit"],
        rows=test.get("rows"),
        rmse=test.get("rmse"),
        bias_frac=test.get("nmbe_frac"),
        nameplate_rmse=(entry["prior_test"] or {}).get("rmse"),
        yesterday_rmse=(entry["persistence_test"] or {}).get("rmse"),
        half_width=entry["half_width"],
        coverage_frac=entry["coverage_frac"],
        window=entry["window"],
        conditions=_conditions(entry, now),
        drifted_since=max((one for one in changes if until is None or one > until), default=None),
        decision=entry["decision"]["reason"],
        notes=list(entry["notes"]),
    )


def _conditions(entry: Mapping[str, Any], now: Sequence[Condition]) -> list[ConditionAnswer]:
    known = {one.name: ConditionAnswer(**dataclasses.asdict(one), outside=one.outside) for one in now}
    return [
        known.get(name) or ConditionAnswer(name=name, low=low, high=high, now=None, outside=False)
        for name, (low, high) in entry["features"].items()
        if low is not None and high is not None
    ]


def _times(sample: Sample) -> list[datetime]:
    return [datetime.fromisoformat(f"{time}+00:00") for time in np.datetime_as_string(sample.times, unit="s")]


def _finite(values: np.ndarray) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values.tolist()]
