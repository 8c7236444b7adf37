"""Notices that somebody changed a setpoint that we had written, also when nobody asks us to write it again."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from datetime import timedelta

from facility.acquire.writing.local_override import local_override
from facility.acquire.writing.writer import rules_of
from facility.log import get_logger
from facility.points import Point
from facility.ports import Clock, Telemetry, WriteLedger
from facility.records import Reading
from facility.site_file import LoadedSite
from facility.site_journal import open_write_ledger
from facility.state import StateFolder

_log = get_logger(__name__)


def notice_overrides(loaded: LoadedSite, state: StateFolder, telemetry: Telemetry, clock: Clock) -> int:
    """Compare what was polled last with what we wrote last; record overrides, which void further writes. Return how many.

    Raises
    ------
    FacilityError
        If the journal or the history cannot be read.
    """
    points = [point for point in loaded.points if point.writable is not None]
    if not points:
        return 0
    with closing(open_write_ledger(loaded, state)) as ledger:
        return notice_overrides_of(points, loaded, ledger, telemetry, clock)


def notice_overrides_of(
    points: Collection[Point], loaded: LoadedSite, ledger: WriteLedger, telemetry: Telemetry, clock: Clock
) -> int:
    """Do the same for some points, with a ledger that is open."""
    if not points:
        return 0
    latest = telemetry.latest([point.id for point in points])
    return sum(_judge(loaded, ledger, point, latest[point.id], clock) for point in points if point.id in latest)


def _judge(loaded: LoadedSite, ledger: WriteLedger, point: Point, found: Reading, clock: Clock) -> bool:
    standing = ledger.standing(point.id, clock.now())
    last = standing.last
    if last is None or found.time < last.at + timedelta(seconds=2 * point.interval_s):
        return False  # a poll that was under way may still carry the value from before the write
    override = local_override(rules_of(loaded, point), standing, found)
    if override is None:
        return False
    ledger.overridden(override)
    _log.warning(
        "a setpoint was changed by somebody else; it is left alone until a person clears it (facility writes clear)",
        point=point.id, expected=override.expected, found=override.found, unit=point.unit,
    )  # fmt: skip
    return True
