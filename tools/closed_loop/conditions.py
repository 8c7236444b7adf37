"""What happens to a site whatever it does: outdoor air, the work asked of it, the heat asked for, and what breaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from facility.records import FloatArray


@dataclass(frozen=True, slots=True)
class Air:
    """Outdoor air at one moment."""

    dry_bulb_degc: float
    dew_point_degc: float


@dataclass(frozen=True, slots=True)
class Failure:
    """A piece of equipment that is out of order from one time to another, both aware."""

    equipment: str
    kind: str  # "trip" for a machine; "stuck" or "drift" for a sensor, then `equipment` is `equipment.quantity`
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Conditions:
    """Courses with one value a step from `start` (aware), linear in between; before and after, the nearest value.

    Attributes
    ----------
    demand_frac
        By pool id: work that cannot wait, as a share of what all its servers can do (0..1). A pool that is missing here
        follows the plant's own course.
    heat_demand_kw
        By heat contract: what its network asks for. A contract that is missing here asks for what the site file says.
    """

    start: datetime
    step: timedelta
    dry_bulb_degc: FloatArray
    dew_point_degc: FloatArray
    demand_frac: Mapping[str, FloatArray] = field(default_factory=dict)
    heat_demand_kw: Mapping[str, FloatArray] = field(default_factory=dict)
    failures: Sequence[Failure] = ()

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise ValueError("start must be an aware datetime")
        lengths = {len(course) for course in self._courses()}
        if len(lengths) != 1 or 0 in lengths:
            raise ValueError(f"courses must have one length, got {sorted(lengths)}")

    def _courses(self) -> list[FloatArray]:
        return [
            self.dry_bulb_degc,
            self.dew_point_degc,
            *self.demand_frac.values(),
            *self.heat_demand_kw.values(),
        ]

    def air(self, time: datetime) -> Air:
        """Return the outdoor air at a time."""
        dry_bulb = self._at(self.dry_bulb_degc, time)
        return Air(dry_bulb, min(self._at(self.dew_point_degc, time), dry_bulb))

    def demand(self, pool: str, time: datetime) -> float | None:
        """Return a pool's demand at a time; None where the plant's own course counts."""
        course = self.demand_frac.get(pool)
        return None if course is None else self._at(course, time)

    def heat(self, contract: str, time: datetime) -> float | None:
        """Return the heat a contract asks for at a time; None where the site file says it."""
        course = self.heat_demand_kw.get(contract)
        return None if course is None else self._at(course, time)

    def times(self) -> list[datetime]:
        """Return the time of each value."""
        return [self.start + index * self.step for index in range(len(self.dry_bulb_degc))]

    def _at(self, course: FloatArray, time: datetime) -> float:
        position = (time - self.start) / self.step
        index = int(np.clip(position // 1, 0, len(course) - 1))
        after = min(index + 1, len(course) - 1)
        blend = min(max(position - index, 0.0), 1.0)
        return float(course[index] + blend * (course[after] - course[index]))
