"""What a plan takes for measured: readings that are believed, and where a value stands in for a point, that value.

While a value stands in, what the point itself measures is not used, however good it looks. A stand-in that follows another point
is nothing while that one is not measured. Nothing but plans, what follows them and offers is made with stand-ins: the second check
of a recommendation, alarms, models and savings go by what is measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from facility.points import PointIndex
from facility.ports import Telemetry
from facility.prepare.situation import is_fresh
from facility.records import Finding, Quality, Reading
from facility.stand_ins import StandIn
from facility.trust.believed import BelievedTelemetry


def doubted(stand_ins: Iterable[StandIn]) -> list[Finding]:
    """Return why what is measured at their points is not believed since they began."""
    return [Finding(one.point, "stood in for", one.at, f"{one.by}: {one.reason}") for one in stand_ins]


def value_of(one: StandIn, points: PointIndex, measured: Mapping[str, Reading], now: datetime) -> float | None:
    """Return what stands in now; nothing where the point that it follows is not measured, or is no longer there."""
    if one.source is None:
        return one.value
    found = measured.get(one.source)
    fresh = found is not None and one.source in points and is_fresh(points[one.source], found, now)
    return found.value if found is not None and fresh else None


def notes_of(stand_ins: Iterable[StandIn]) -> list[str]:
    """Return what the notes of a plan say of them."""
    said = {one: f"{one.value:g}" if one.value is not None else f"what {one.source} measures" for one in stand_ins}
    return [
        f"{one.point} is {one.kind.value}: {value}, by {one.by} until {one.until:%Y-%m-%d %H:%M} UTC"
        for one, value in said.items()
    ]


def planned_with(believed: Telemetry, stand_ins: Sequence[StandIn], points: PointIndex, now: datetime) -> Telemetry:
    """Return what a plan goes by: what is believed, and what stands in."""
    return PlannedWith(believed, stand_ins, points, now) if stand_ins else believed


class PlannedWith(BelievedTelemetry):
    """Implements `facility.ports.Telemetry`: believed readings, and stand-ins as the newest of their points."""

    def __init__(self, believed: Telemetry, stand_ins: Sequence[StandIn], points: PointIndex, now: datetime) -> None:
        super().__init__(believed, doubted(stand_ins))
        self._stand_ins, self._points, self._now = stand_ins, points, now

    def latest(self, points: Sequence[str] | None = None) -> Mapping[str, Reading]:
        """Return the newest reading of each point; of a stand-in its value, which a plan takes for good."""
        found = dict(super().latest(points))
        wanted = [one for one in self._stand_ins if points is None or one.point in points]
        sources = super().latest([one.source for one in wanted if one.source is not None])
        for one in wanted:
            value = value_of(one, self._points, sources, self._now)
            if value is not None:
                found[one.point] = Reading(one.point, self._now, value, Quality.GOOD)
        return found
