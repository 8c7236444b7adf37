"""What is measured now, as the plan needs it: fresh good values only, and the month's peak so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from facility.points import Point
from facility.ports import Telemetry
from facility.records import Quality, Reading
from facility.site_file import LoadedSite

STALE_INTERVALS = 3  # a value older than this many of its own intervals is not "now"
SHORTEST_STALE_S = 60.0


@dataclass(frozen=True, slots=True)
class Situation:
    """Fresh values by `equipment.quantity`; what was wanted and is not there is in `missing`."""

    at: datetime
    values: dict[str, float]
    missing: tuple[str, ...]
    month_peak_kw: float | None

    def value(self, equipment: str, quantity: str) -> float | None:
        """Return the fresh value of a quantity of a piece of equipment, or None."""
        return self.values.get(f"{equipment}.{quantity}")


def read_situation(loaded: LoadedSite, telemetry: Telemetry, at: datetime) -> Situation:
    """Return what is measured at a time; values of several feeds are added up for power, averaged otherwise."""
    values, missing = fresh_values(loaded, telemetry.latest(), at)
    return Situation(at, values, missing, _month_peak_kw(loaded, telemetry, at))


def fresh_values(
    loaded: LoadedSite, latest: Mapping[str, Reading], at: datetime
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Return the fresh values by `equipment.quantity`, several feeds as one, and the names of those that are not there."""
    groups: dict[str, list[Point]] = {}
    for point in loaded.points:
        groups.setdefault(f"{point.equipment}.{point.quantity}", []).append(point)
    values: dict[str, float] = {}
    for key, points in groups.items():
        fresh = [latest[point.id].value for point in points if is_fresh(point, latest.get(point.id), at)]
        if len(fresh) == len(points):
            values[key] = sum(fresh) if points[0].unit in {"kW", "kWh", "A"} else sum(fresh) / len(fresh)
    return values, tuple(sorted(set(groups) - set(values)))


def is_fresh(point: Point, reading: Reading | None, at: datetime) -> bool:
    """Tell whether a reading is good and recent enough to be what is now."""
    if reading is None or reading.quality is not Quality.GOOD:
        return False
    return at - reading.time <= timedelta(seconds=max(SHORTEST_STALE_S, STALE_INTERVALS * point.interval_s))


def _month_peak_kw(loaded: LoadedSite, telemetry: Telemetry, at: datetime) -> float | None:
    site = loaded.site
    meters = loaded.points.of(site.electrical.main_meter, "power_kw")
    if not meters:
        return None
    first = at.astimezone(site.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    window = timedelta(minutes=site.tariff.demand_window_min)
    means = telemetry.read([meter.id for meter in meters], first, at, window)
    totals = means.dropna().sum(axis=1)
    return None if totals.empty else float(totals.max())


def present(values: Iterable[float | None]) -> list[float]:
    """Return the values that are there."""
    return [value for value in values if value is not None]
