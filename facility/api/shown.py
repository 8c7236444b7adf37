"""What is shown of points now: the newest reading of each, an old one as stale, or what stands in for it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from facility.points import Point, PointIndex
from facility.prepare.situation import is_fresh
from facility.prepare.stood_in import value_of
from facility.records import Quality, Reading
from facility.stand_ins import StandIn


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A value with its quality: of a reading, manual or substituted; none: never read."""

    value: float | None
    quality: str
    time: datetime | None


NEVER = ShownValue(None, "none", None)


@dataclass(frozen=True, slots=True)
class Shown:
    """The points of a site at a time."""

    points: PointIndex
    newest: Mapping[str, Reading]
    standing_in: Mapping[str, StandIn]
    now: datetime

    def of(self, point: Point) -> ShownValue:
        """Return what is shown of a point."""
        one = self.standing_in.get(point.id)
        return self.measured(point) if one is None else self.stood_in(one)

    def measured(self, point: Point) -> ShownValue:
        """Return what a point measures: a value only where it is good and recent; an old one is stale, whoever says otherwise."""
        reading = self.newest.get(point.id)
        if reading is None:
            return NEVER
        fresh = is_fresh(point, reading, self.now)
        quality = Quality.STALE if reading.quality is Quality.GOOD and not fresh else reading.quality
        value = reading.value if fresh and math.isfinite(reading.value) else None
        return ShownValue(value, quality.name.lower(), reading.time)

    def stood_in(self, one: StandIn) -> ShownValue:
        """Return what stands in; its time is when it was entered, or when the point that it follows was read."""
        value = value_of(one, self.points, self.newest, self.now)
        if one.source is None:
            return ShownValue(value, one.kind.value, one.at)
        followed = self.newest.get(one.source)
        return ShownValue(value, one.kind.value, None if followed is None else followed.time)
