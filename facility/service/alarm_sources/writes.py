"""Setpoints: changed by somebody else, and writes that devices refused or may not have taken."""

from __future__ import annotations

from collections.abc import Iterator

from facility.alarms.observation import Observation
from facility.records import Event, WriteState
from facility.service.alarm_sources.facts import Facts

CONDITIONS = frozenset({"setpoint_overridden", "write_failed"})
_FAILED = {f"write.{state.value}" for state in (WriteState.REFUSED, WriteState.MISMATCHED, WriteState.IN_DOUBT)}
_OUTCOMES = {*_FAILED, f"write.{WriteState.WRITTEN.value}"}


def look(facts: Facts) -> Iterator[Observation]:
    """Say what is overridden, and of which points the last write of the day has failed."""
    for override in facts.kept.overrides:
        text = f"{override.expected:g} was written, {override.found:g} found at {override.at:%Y-%m-%d %H:%M} UTC"
        yield Observation("setpoint_overridden", override.point, override.point.partition(".")[0], True, text)
    last: dict[str, Event] = {one.subject: one for one in facts.kept.write_events if one.kind in _OUTCOMES}
    for point, event in last.items():
        if event.kind in _FAILED:
            text = (
                f"{event.detail['value']} {event.kind.removeprefix('write.').replace('_', ' ')}: {event.detail['note']}"
            )
            yield Observation("write_failed", point, point.partition(".")[0], True, text)
