"""From a plan to writes that an engineer allowed: writable points only, inside their range, step, interval and a deadband."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from facility.points import Point
from facility.records import Plan
from facility.site_file import LoadedSite
from facility.units import DEADBAND
from tools.closed_loop.plant import Key


class Dispatcher:
    """Follows a plan, one write a point at most every `min_interval_s`."""

    def __init__(self, loaded: LoadedSite) -> None:
        self._points = {
            (point.equipment, point.quantity): point for point in loaded.points if point.writable is not None
        }
        self._written: dict[Key, datetime] = {}

    def writes(
        self, time: datetime, plan: Plan, in_force: Mapping[Key, float], corrected: Mapping[str, float] | None = None
    ) -> dict[Key, float]:
        """Return what to write now.

        Parameters
        ----------
        time
            Now, inside the plan or after its end (then its last step counts).
        plan
            What to follow.
        in_force
            Setpoints as they are; a setpoint nobody knows is written as planned, inside its range.
        corrected
            By `equipment.quantity`: what counts now in place of the plan.
        """
        step = min(max(int((time - plan.start) // plan.step), 0), len(next(iter(plan.schedule.values()))) - 1)
        wanted = {key: series[step] for key, series in plan.schedule.items()} | dict(corrected or {})
        found = dict(self._due(time, wanted, in_force))
        self._written |= dict.fromkeys(found, time)
        return found

    def leads(self, plan: Plan) -> set[Key]:
        """Return the setpoints that a plan may move; the others stay with the plant's own controls."""
        return {key for key in self._points if f"{key[0]}.{key[1]}" in plan.schedule}

    def _due(
        self, time: datetime, wanted: Mapping[str, float], in_force: Mapping[Key, float]
    ) -> Iterator[tuple[Key, float]]:
        for key, point in self._points.items():
            target = wanted.get(f"{key[0]}.{key[1]}")
            if target is None or not self._rested(key, point, time):
                continue
            value = allowed(point, in_force.get(key, math.nan), target)
            if value is not None:
                yield key, value

    def _rested(self, key: Key, point: Point, time: datetime) -> bool:
        assert point.writable is not None
        last = self._written.get(key)
        return last is None or time - last >= timedelta(seconds=point.writable.min_interval_s)


def allowed(point: Point, now: float, planned: float) -> float | None:
    """Return the value to write towards a planned one; None where it is too near to be worth a write."""
    assert point.writable is not None
    limits = point.writable
    target = min(max(planned, limits.low), limits.high)
    if not math.isfinite(now):
        return target
    near = abs(target - now) < DEADBAND.get(point.unit, 0.0)
    if target == now or (near and not _begins_or_ends(point, now, target)):
        return None
    if limits.max_step is not None:
        target = min(max(target, now - limits.max_step), now + limits.max_step)
    return min(max(target, limits.low), limits.high)


def _begins_or_ends(point: Point, now: float, target: float) -> bool:
    """Tell whether work begins or ends: little of it is work too, and would be late."""
    return point.quantity == "deferrable_power_command_kw" and (now > 0.0) != (target > 0.0)
