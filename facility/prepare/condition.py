"""What the plant says of itself that a plan stands or falls with: abnormal states, and machines out of order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from facility.points import Point
from facility.ports import Telemetry
from facility.prepare.out_of_order import out_of_order
from facility.prepare.situation import is_fresh
from facility.site import AbnormalInput
from facility.site_file import LoadedSite


@dataclass(frozen=True, slots=True)
class Condition:
    """Abnormal states in words, the equipment that reports a fault and does not run, and what is locked out."""

    abnormal: frozenset[str] = frozenset()
    out_of_order: frozenset[str] = frozenset()
    locked_out: frozenset[str] = frozenset()  # by the site file or by people

    def against(self, made_under: Condition | None) -> list[str]:
        """Return in words why a plan is not to be followed now; nothing where it may be. None: made under this one."""
        known = self if made_under is None else made_under
        failed, back = self.out_of_order - known.out_of_order, known.out_of_order - self.out_of_order
        locked, returned = self.locked_out - known.locked_out, known.locked_out - self.locked_out
        over = known.abnormal - self.abnormal
        return [
            *sorted(self.abnormal),
            *(f"{name} has failed since the plan was made" for name in sorted(failed)),
            *(f"{name} is back since the plan was made" for name in sorted(back)),
            *(f"{name} is locked out since the plan was made" for name in sorted(locked)),
            *(f"{name} is returned to service since the plan was made" for name in sorted(returned)),
            *(f"{state} is over since the plan was made" for state in sorted(over)),
        ]


def condition_of(loaded: LoadedSite, telemetry: Telemetry, at: datetime) -> Condition:
    """Return what is reported at a time, and what is out of service; a silent sensor tells nothing."""
    locked = {entry.equipment for entry in loaded.site.availability if not loaded.site.in_service(entry.equipment, at)}
    reported = frozenset(_abnormal(loaded, telemetry, at)), frozenset(out_of_order(loaded, telemetry, at))
    return Condition(*reported, frozenset(locked))


def holds(abnormal: AbnormalInput, value: float) -> bool:
    """Tell whether a reading means the abnormal state."""
    return value in abnormal.equals or (abnormal.above is not None and value > abnormal.above)


def inputs_of(loaded: LoadedSite, abnormal: AbnormalInput) -> tuple[Point, ...]:
    """Return the points that tell of an abnormal state: every sensor of the quantity, or the one of several that is named."""
    return loaded.points.of(*abnormal.point.split(".", 1)) or (loaded.points[abnormal.point],)


def _abnormal(loaded: LoadedSite, telemetry: Telemetry, at: datetime) -> list[str]:
    watched = {entry.point: inputs_of(loaded, entry) for entry in loaded.site.abnormal_states}
    latest = telemetry.latest([point.id for points in watched.values() for point in points])
    return [
        f"{entry.state} ({entry.point})"
        for entry in loaded.site.abnormal_states
        if any(
            is_fresh(point, latest.get(point.id), at) and holds(entry, latest[point.id].value)
            for point in watched[entry.point]
        )
    ]
