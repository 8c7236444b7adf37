"""What the journal keeps of the life of models: who did what to which version, and why."""

from __future__ import annotations

from datetime import datetime

from facility.learn.drift_watch import PartDrift
from facility.learn.training import TrainingOutcome
from facility.records import Event


def training_events(
    outcome: TrainingOutcome, actor: str, at: datetime, correlation_id: str | None = None
) -> list[Event]:
    """Return that a version was trained, and that it serves, or that the one before was kept."""
    trained: dict[str, str | int | float] = {
        "why": outcome.why,
        "learned": sum(one.taken == "new" for one in outcome.decisions.values()),
        "parts": len(outcome.decisions),
        "cpu_s": round(outcome.cpu_s, 2),
    }
    events = [Event(at, "model.trained", outcome.version, actor, trained, correlation_id)]
    if outcome.serves:
        detail = {"instead_of": outcome.replaced, "reason": outcome.reason}
        return [*events, Event(at, "model.served", outcome.version, actor, detail, correlation_id)]
    detail = {"instead_of": outcome.version, "reason": outcome.reason}
    return [*events, Event(at, "model.kept", outcome.replaced or "nameplate", actor, detail, correlation_id)]


def rollback_event(version: str, instead_of: str | None, actor: str, reason: str, at: datetime) -> Event:
    """Return that somebody put a version in service and pinned it."""
    return Event(at, "model.rolled_back", version, actor, {"instead_of": instead_of, "reason": reason})


def release_event(version: str, actor: str, reason: str, at: datetime) -> Event:
    """Return that somebody let trainings put other versions in service again."""
    return Event(at, "model.released", version, actor, {"reason": reason})


def drift_event(found: PartDrift, actor: str, at: datetime) -> Event:
    """Return that a part has left its model."""
    detail: dict[str, str | float] = {
        "version": found.version,
        "since": found.since.isoformat(),
        "size": found.size,
        "unit": found.unit,
    }
    return Event(at, "model.drift", found.part, actor, detail)
