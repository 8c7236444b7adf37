"""Setpoints that the fast layer may change: those that a plan leads and an engineer lets be written."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from facility.points import Point
from facility.prepare.plan_course import PlanCourse
from facility.prepare.setpoint_log import SetpointLog
from facility.site_file import LoadedSite
from facility.track.inputs import Lever


@dataclass(frozen=True, slots=True, eq=False)
class Levers:
    """Makes levers of a plan, of what is measured, and of when setpoints were changed."""

    loaded: LoadedSite
    course: PlanCourse
    log: SetpointLog
    values: Mapping[str, float]

    def lever(self, equipment: Sequence[str], quantity: str) -> Lever | None:
        """Return a setpoint of equipment that moves as one; None where the plan leads it not as one, or it may not be written."""
        targets = tuple(f"{one}.{quantity}" for one in equipment)
        points = self._points(targets)
        limits = [point.writable for point in points if point.writable is not None]
        if not targets or len(limits) < len(targets) or not all(self.course.has(one) for one in targets):
            return None
        if len({self.course.value(one, self.course.at) for one in targets}) > 1:
            return None
        known = [self.values[one] for one in targets if one in self.values]
        return Lever(
            targets=targets,
            current=sum(known) / len(known) if known else None,
            planned=self.course.values(targets[0]),
            low=max(limit.low for limit in limits),
            high=min(limit.high for limit in limits),
            step=min(math.inf if limit.max_step is None else limit.max_step for limit in limits),
            unit=points[0].unit,
            free=self.wait_s(targets) <= 0.0,
        )

    def wait_s(self, targets: Sequence[str]) -> float:
        """Return for how long setpoints may not be written."""
        return self.log.wait_s(self._points(targets), self.course.at)

    def rest_s(self, targets: Sequence[str]) -> float:
        """Return the least time between two writes."""
        return max(point.writable.min_interval_s for point in self._points(targets) if point.writable is not None)

    def _points(self, targets: Sequence[str]) -> list[Point]:
        found = (self.loaded.points.one(*target.split(".", maxsplit=1)) for target in targets)
        return [point for point in found if point is not None]
