"""When setpoints were last changed, and how often in the last day: whether one more write keeps their interval and budget."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from facility.acquire.writing.rules import WriteRules, write_rules
from facility.errors import WriteRefusedError
from facility.points import Point
from facility.site_file import LoadedSite

DAY = timedelta(days=1)
_SAME = 1e-3  # relative; what a gateway rounds


@dataclass(slots=True)
class _Seen:
    """A setpoint as it was last seen, and when it was changed."""

    value: float
    at: datetime
    changes: deque[datetime] = field(default_factory=deque)


class SetpointLog:
    """Changes of writable setpoints since they are watched, whoever made them; the ledger of writes stands behind it.

    A change counts from when the value before it was last seen.
    """

    def __init__(self, loaded: LoadedSite) -> None:
        self._loaded = loaded
        found = ((point, _rules(loaded, point)) for point in loaded.points if point.writable is not None)
        self._rules = {point.id: rules for point, rules in found if rules is not None}
        self._seen: dict[str, _Seen] = {}

    def saw(self, values: Mapping[str, float], at: datetime) -> None:
        """Take in the values of points at a time; NaN tells nothing."""
        for point, value in values.items():
            if point not in self._rules or not math.isfinite(value):
                continue
            seen = self._seen.setdefault(point, _Seen(value, at))
            if abs(value - seen.value) > _SAME * max(1.0, abs(seen.value)):
                seen.changes.append(seen.at)
            while seen.changes and seen.changes[0] <= at - DAY:
                seen.changes.popleft()
            seen.value, seen.at = value, at

    def wait_s(self, points: Sequence[Point], at: datetime) -> float:
        """Return for how long none of the points may be written; infinite where one is not writable or has no budget left."""
        return max((self._wait_s(point, at) for point in points), default=math.inf)

    def _wait_s(self, point: Point, at: datetime) -> float:
        rules, seen = self._rules.get(point.id), self._seen.get(point.id)
        if rules is None or (seen is not None and len(seen.changes) >= rules.writes_per_day):
            return math.inf
        if seen is None or not seen.changes:
            return 0.0
        return max(rules.min_interval_s - (at - seen.changes[-1]).total_seconds(), 0.0)


def _rules(loaded: LoadedSite, point: Point) -> WriteRules | None:
    """Return what holds for writes of a point; None where its profile lets nothing be written."""
    device = next(device for device in loaded.site.devices if device.id == point.device)
    try:
        return write_rules(point, loaded.profile_of(device).points[point.key], loaded.path.name)
    except WriteRefusedError:
        return None
