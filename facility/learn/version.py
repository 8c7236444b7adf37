"""What a version is made of: parts, new or kept from the one in service, each with its card entry, bytes and sample."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from facility.errors import ModelError
from facility.learn.acceptance import KEPT, NAMEPLATE, Decision, Incumbent, judge
from facility.learn.candidates import Candidate
from facility.learn.changes import Changes
from facility.learn.durable import locked
from facility.learn.equipment import equipment_of
from facility.learn.learned import artefact_of, fitted_parts, out_of_date
from facility.learn.model_store import ModelStore, Pin
from facility.learn.sample import Sample, pack, sample_of, unpack
from facility.site import Site
from models.drift import usual_miss
from models.evidence import FittedPart, held_out
from models.serialise import dump_model

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class VersionPart:
    """A part of a version: what its card says, its bytes and its test points; without the latter two the nameplate answers."""

    entry: Entry
    model: FittedPart | None = None
    artefact: bytes | None = None
    sample: Sample | None = None


@dataclass(frozen=True, slots=True, eq=False)
class InService:
    """The version in service: its parts by name, and in words why it cannot be read, if it cannot."""

    version: str | None = None
    parts: Mapping[str, VersionPart] = field(default_factory=dict)
    unreadable: str = ""


def in_service(models: ModelStore) -> InService:
    """Return the version in service; one that cannot be read is told, and no part of it is kept."""
    version = models.serving()
    if version is None:
        return InService()
    try:
        return InService(version, parts_of(models, version))
    except ModelError as error:
        return InService(version, unreadable=f"the version in service cannot be read ({error})")


def parts_of(models: ModelStore, version: str) -> dict[str, VersionPart]:
    """Return the parts of a version by name.

    Raises
    ------
    ModelError
        If one cannot be read.
    """
    artefacts, samples = models.artefacts(version), unpack(models.pictures(version))
    fitted = dict(fitted_parts(models, version))
    return {
        name: VersionPart(entry, fitted.get(name), artefacts.get(artefact_of(name)), samples.get(name))
        for name, entry in ((entry["name"], entry) for entry in models.card(version)["parts"])
    }


def decide(candidates: Sequence[Candidate], serving: InService, site: Site, changes: Changes) -> dict[str, Decision]:
    """Return for each part which one goes on: the new one, the one in service, or the nameplate."""
    found: dict[str, Decision] = {}
    for candidate in candidates:
        name = candidate.card.name
        incumbent, why = _incumbent(serving, name, site)
        changed = max(map(pd.Timestamp, changes.get(name, ())), default=None)
        found[name] = judge(candidate, incumbent, none_because=why, changed=changed)
    return found


def fresh_part(version: str, candidate: Candidate, decision: Decision, site: Site) -> VersionPart:
    """Return a part as it was trained, with what its drift and its successors are measured by."""
    name, model, evidence = candidate.card.name, candidate.model, candidate.evidence
    entry = {
        **candidate.card.as_dict(),
        "trained_in": version,
        "equipment": equipment_of(site, name),
        "decision": decision.as_dict(),
    }
    if decision.taken == NAMEPLATE or model is None or evidence is None:
        return VersionPart({**entry, "qualified": False, "reason": decision.reason})
    entry["fitted_until"] = evidence.newest.isoformat()
    try:
        newest, said = held_out(model, evidence, evidence.newest_fifth)
    except ValueError:  # too few rows to hold some out: no pictures, and its drift is not watched
        return VersionPart(entry, model, dump_model(model))
    if (residuals := newest.residuals(said).dropna()).size:
        entry["usual_miss"] = dataclasses.asdict(usual_miss(residuals))
    return VersionPart(entry, model, dump_model(model), sample_of(newest, said))


def kept_part(part: VersionPart, decision: Decision) -> VersionPart:
    """Return a part of the version in service, which goes on."""
    return dataclasses.replace(part, entry={**part.entry, "decision": decision.as_dict()})


def assemble(
    version: str, candidates: Sequence[Candidate], decisions: Mapping[str, Decision], serving: InService, site: Site
) -> list[VersionPart]:
    """Return the parts that are to serve: those in service that are kept, and the new ones."""
    return [
        kept_part(serving.parts[name], decisions[name])
        if decisions[name].taken == KEPT
        else fresh_part(version, candidate, decisions[name], site)
        for name, candidate in ((candidate.card.name, candidate) for candidate in candidates)
    ]


def save_version(models: ModelStore, version: str, parts: Sequence[VersionPart], card: Mapping[str, Any]) -> None:
    """Write a version whole, or not at all."""
    artefacts = {artefact_of(part.entry["name"]): part.artefact for part in parts if part.artefact is not None}
    samples = {part.entry["name"]: part.sample for part in parts if part.sample is not None}
    models.save(version, artefacts, _finite(card), pack(samples))


def put_back(models: ModelStore, version: str | None, actor: str, reason: str, at: datetime) -> str:
    """Put a version in service and pin it there; without one, the version that was in service before. Return which it is.

    Raises
    ------
    ModelError
        If there is none such, or it cannot be read: it is looked at whole before anything is changed.
    """
    serving = models.serving()
    if version is None:
        version = models.before(serving) if serving else None
    if version is None:
        raise ModelError(
            f"no version before {serving or 'the first'}; there are: {', '.join(models.versions()) or 'none'}"
        )
    models.require(version)
    parts_of(models, version)
    with locked(models.folder):
        models.serve(version, Pin(actor, reason, at.isoformat()))
    return version


def _finite(value: Any) -> Any:
    """Return a JSON-able copy in which NaN and infinity, which JSON does not know, are null."""
    if isinstance(value, Mapping):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _incumbent(serving: InService, name: str, site: Site) -> tuple[Incumbent | None, str]:
    """Return the part in service, or why there is none."""
    part = serving.parts.get(name)
    if part is None or part.model is None:
        return None, serving.unreadable
    if (why := out_of_date({"parts": [part.entry]}, name, site)) is not None:
        return None, f"the part in service is of other equipment ({why})"
    features = part.entry["features"]
    seen = {name: (low, high) for name, (low, high) in features.items() if low is not None and high is not None}
    return Incumbent(part.model, pd.Timestamp(part.entry["fitted_until"]), seen), ""
