"""What became of the tries of a commissioning: what history shows was reached, whatever was proposed or approved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from facility.ports import Telemetry
from facility.prepare.commissioning_history import reached
from facility.records import Recommendation
from facility.site_file import LoadedSite
from models.sufficiency import LEAST_HOLD

_MOVED_FRAC = 0.75  # of a move: beyond it a setpoint is where the try wanted it
_WITHIN_FRAC = 0.5  # of a move: as near as the plant must be to its setpoint


@dataclass(frozen=True, slots=True)
class Outcome:
    """A try, the value that was held with the plant at it (None where none was), and for how long."""

    tried: Recommendation
    reached: float | None
    held: timedelta

    @property
    def done(self) -> bool:
        """Whether it was held for long enough to be seen in history."""
        return self.held >= LEAST_HOLD


def outcomes(loaded: LoadedSite, telemetry: Telemetry, tries: Iterable[Recommendation]) -> Iterator[Outcome]:
    """Yield what history shows of tries; those of points that the site has no more are left out."""
    for item in tries:
        points = [loaded.points[point] for point in item.points if point in loaded.points]
        if item.begins is None or item.ends is None or item.current is None or len(points) < len(item.points):
            continue
        move = item.recommended - item.current
        course = reached(loaded, telemetry, points, item.begins, item.ends, within=_WITHIN_FRAC * abs(move)).dropna()
        held = course[(course - item.current) * (1 if move > 0 else -1) >= _MOVED_FRAC * abs(move)]
        yield Outcome(item, float(held.median()) if len(held) else None, len(held) * loaded.site.step)
