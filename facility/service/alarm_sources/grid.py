"""What the grid asks: servers that are silent or not listened to, events not planned for, work that a scheduler did not move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from facility.alarms.observation import Observation
from facility.history.workload_book import read_carried_out
from facility.respond.workload.failed import failures
from facility.service.alarm_sources.facts import Facts

CONDITIONS = frozenset({"vtn_silent", "ven_broken", "event_not_planned", "workload_failed"})
SILENT = timedelta(minutes=10)  # or three times as long as it is asked, where that is seldom
_POLLS = 3


def look(facts: Facts) -> Iterator[Observation]:
    """Say of each server whether it answers, of each event that is promised whether a plan holds it, of nodes what failed."""
    for said in facts.health.vens if facts.process("alarms") is not None else ():
        yield _vtn(facts.at, said)
        yield Observation("ven_broken", said["name"], "grid", said["broke"] is not None, str(said["broke"]))
    for kept in facts.view.grid_events.promised():
        text = f"{kept.event.program} from {kept.event.start:%Y-%m-%d %H:%M} UTC: {kept.not_planned}"
        yield Observation("event_not_planned", str(kept.number), "grid", kept.not_planned is not None, text)
    yield from _nodes(facts)


def _nodes(facts: Facts) -> Iterator[Observation]:
    settings = facts.view.grid_events.settings.workload
    if settings is None:
        return
    adapter, done = read_carried_out(facts.view.state.workload)
    for node, one in failures(done, settings, facts.at).items():
        text = f"{adapter}: {one.action} failed at {one.at:%Y-%m-%d %H:%M} UTC: {one.said}"
        yield Observation("workload_failed", node, "grid", present=True, text=text)


def _vtn(at: datetime, said: Mapping[str, Any]) -> Observation:
    since = datetime.fromisoformat(said["last_contact"] or said["began"])
    silent = at - since > max(SILENT, _POLLS * timedelta(seconds=said["poll_s"]))
    text = f"{said['last_error'] or 'no answer'}; last answer {said['last_contact'] or 'never'}"
    return Observation("vtn_silent", said["name"], "grid", silent, text)
