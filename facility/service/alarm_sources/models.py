"""Equipment that has left the models in service: from the finding in the journal until other models serve."""

from __future__ import annotations

from collections.abc import Iterator

from facility.alarms.observation import Observation
from facility.records import Event
from facility.service.alarm_sources.facts import Facts

CONDITIONS = frozenset({"model_drift"})
_OTHER_MODELS = frozenset({"model.served", "model.rolled_back"})


def look(facts: Facts) -> Iterator[Observation]:
    """Say which parts have drifted since other models came into service."""
    drifted: dict[str, Event] = {}
    for event in facts.kept.model_events:
        if event.kind in _OTHER_MODELS:
            drifted.clear()
        elif event.kind == "model.drift":
            drifted[event.subject] = event
    for part, event in drifted.items():
        said = event.detail
        text = f"{float(said['size'] or 0.0):+.3g} {said['unit']} since {said['since']}, by models {said['version']}"
        yield Observation("model_drift", part, part, True, text)
