"""Values that stand in for what a point measures while its sensor is out: entered by hand, or taken from another point.

A stand-in is no reading: it is never stored as one, so that models, savings and checks of sensors know only what was measured.
It holds until a time or until a person ends it, also when the sensor reads well again.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from facility.errors import ConfigurationError
from facility.points import Point, PointIndex

LONGEST = timedelta(days=7)  # a sensor that is out for longer is mended, or taken out of the site file
_NEVER = {"enum": "a state", "count": "a count", "kWh": "a counter"}  # by unit: what a plan must not be told


class StandInKind(enum.StrEnum):
    """Where a stand-in is from; it is said wherever the value is shown."""

    MANUAL = "manual"  # a person entered it
    SUBSTITUTED = "substituted"  # it follows another point


@dataclass(frozen=True, slots=True)
class StandIn:
    """A value that stands in for a point; either `value` or `source` is given."""

    id: str
    point: str
    by: str
    reason: str
    at: datetime
    until: datetime
    value: float | None = None  # in the point's canonical unit
    source: str | None = None  # the point whose measured value is taken
    ended_by: str | None = None
    ended_reason: str | None = None
    ended_at: datetime | None = None

    @property
    def kind(self) -> StandInKind:
        """Where it is from."""
        return StandInKind.MANUAL if self.source is None else StandInKind.SUBSTITUTED

    @property
    def ends(self) -> datetime:
        """When it ends, or has ended."""
        return self.until if self.ended_at is None else min(self.until, self.ended_at)

    def holds(self, now: datetime) -> bool:
        """Tell whether it holds now."""
        return self.at <= now < self.ends


def check_stand_in(points: PointIndex, one: StandIn) -> None:
    """Refuse what cannot stand in.

    Raises
    ------
    facility.errors.UnknownPointError
        If the site has no such point, or no such source.
    facility.errors.ConfigurationError
        If the point, the value, its source or its end is not allowed.
    """
    point = points[one.point]
    against = _against_point(point) or _against_end(one)
    if (one.value is None) == (one.source is None):
        against = against or "give either a value or the point that it is taken from"
    elif one.source is not None:
        against = against or _against_source(point, points[one.source])
    else:
        against = against or _against_value(point, one.value)
    if against:
        raise ConfigurationError(f"{one.point}: {against}")


def _against_point(point: Point) -> str | None:
    if point.writable is not None:
        return "what may be written has no stand-in: a write goes by what the device holds"
    if point.unit in _NEVER:
        return f"{_NEVER[point.unit]} has no stand-in: only what is measured on a scale may have one"
    return None


def _against_end(one: StandIn) -> str | None:
    if one.until <= one.at:
        return f"until {one.until.isoformat()} is past"
    return f"at most {LONGEST.days} days; say it anew then" if one.until - one.at > LONGEST else None


def _against_source(point: Point, source: Point) -> str | None:
    if source.id == point.id:
        return "a point cannot stand in for itself"
    if source.unit != point.unit:
        return f"{source.id} is in {source.unit}, not in {point.unit}"
    return None


def _against_value(point: Point, value: float | None) -> str | None:
    if value is None or not math.isfinite(value) or not point.low <= value <= point.high:
        return f"expected a value from {point.low:g} to {point.high:g} {point.unit}"
    return None
