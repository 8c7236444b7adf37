"""Devices that do not answer, readings that are missing or old, and readings that are not believed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from facility.alarms.alarm import alarm_id
from facility.alarms.observation import Observation
from facility.points import Point
from facility.prepare.situation import is_fresh
from facility.records import Quality
from facility.service.alarm_sources.facts import Facts

CONDITIONS = frozenset({"device_silent", "readings_stale", "reading_untrusted"})
_NO_POLLER = (alarm_id("process_down", "poller"),)
_NAMED = 3


def look(facts: Facts) -> Iterator[Observation]:
    """Say how far each device, each piece of equipment and each point is known."""
    silent = {device.device for device in facts.health.devices if device.status == "failing"}
    for device in facts.health.devices:
        present = None if device.status == "unknown" else device.status == "failing"
        text = f"{device.detail.get('last_fault') or 'no answer'}; last answer {device.detail.get('last_success') or 'never'}"
        yield Observation("device_silent", device.device, device.device, present, text, under=_NO_POLLER)
    yield from _stale(facts, silent)
    for finding in facts.findings:
        equipment = finding.point.partition(".")[0]
        text = f"{finding.kind} since {finding.since:%Y-%m-%d %H:%M} UTC: {finding.evidence}"
        yield Observation("reading_untrusted", finding.point, equipment, True, text)


def _stale(facts: Facts, silent: set[str]) -> Iterator[Observation]:
    """Say it of each piece of equipment, not of each point: they come and go together."""
    by_equipment: dict[str, list[Point]] = {}
    for point in facts.loaded.points:
        by_equipment.setdefault(point.equipment, []).append(point)
    polling = facts.process("poller") is not None
    for equipment, points in by_equipment.items():
        stale = [point for point in points if _is_stale(facts, point)]
        devices = {point.device for point in stale}
        explained = sorted(devices) if devices <= silent else []
        under = (*_NO_POLLER, *(alarm_id("device_silent", device) for device in explained))
        present = bool(stale) if polling else None
        yield Observation("readings_stale", equipment, equipment, present, _text(stale, points), under=under)


def _is_stale(facts: Facts, point: Point) -> bool:
    reading = facts.newest.get(point.id)
    doubted = reading is not None and reading.quality is Quality.SUSPECT  # said by its finding
    return not doubted and not is_fresh(point, reading, facts.at)


def _text(stale: Sequence[Point], points: Sequence[Point]) -> str:
    named = ", ".join(point.quantity for point in stale[:_NAMED]) + (", ..." if len(stale) > _NAMED else "")
    return f"{len(stale)} of {len(points)} points: {named}"
