"""Has somebody else changed a point that we had written? Pure, for a value read before a write as for one that was polled."""

from __future__ import annotations

import math
from datetime import datetime

from facility.acquire.writing.rules import WriteRules
from facility.records import LocalOverride, PointStanding, Quality, Reading, WriteState


def local_override(rules: WriteRules, standing: PointStanding, found: Reading) -> LocalOverride | None:
    """Return the override that a reading shows, if it shows one.

    None for a point that is overridden already, or that we have not written since an override was cleared; none from a reading
    older than our last write, or without a value. After a write in doubt the device may hold the value before it or the new one.
    """
    expected = _expected(standing, found.time)
    if standing.override is not None or not expected or not _usable(found):
        return None
    if any(rules.alike(value, found.value) or abs(value - found.value) <= rules.deadband for value in expected):
        return None
    return LocalOverride(found.point, found.time, expected[-1], found.value)


def _usable(found: Reading) -> bool:
    return found.quality in (Quality.GOOD, Quality.OUT_OF_RANGE) and math.isfinite(found.value)


def _expected(standing: PointStanding, at: datetime) -> tuple[float, ...]:
    last = standing.last
    if last is None or at < last.at or (standing.cleared_at is not None and last.at <= standing.cleared_at):
        return ()
    if last.state in (WriteState.INTENDED, WriteState.IN_DOUBT):
        return (last.before, last.value)
    return () if last.read_back is None else (last.read_back,)
