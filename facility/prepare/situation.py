"""What is measured now, as the plan needs it: fresh good values only, and the month's peak so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from facility.points import Point
from facility.ports import Telemetry
from facility.prepare.demand import month_peak_kw
from facility.records import Quality, Reading
from facility.site_file import LoadedSite
from models.psychrometrics import dew_point_degc

INLET_TEMPERATURE, INLET_HUMIDITY = "inlet_temperature_degc", "inlet_relative_humidity_frac"
STALE_INTERVALS = 3  # a value older than this many of its own intervals is not "now"
SHORTEST_STALE = timedelta(seconds=60)


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
    values, missing = fresh_values(loaded.points, telemetry.latest(), at, loaded.site.step)
    return Situation(at, values, missing, month_peak_kw(loaded, telemetry, at))


def fresh_values(
    points: Iterable[Point], latest: Mapping[str, Reading], at: datetime, at_least: timedelta = SHORTEST_STALE
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Return the fresh values of points by `equipment.quantity`, feeds as one, and the names of those that are not there.

    A value counts as fresh for three of its own intervals, and `at_least` so long (a plan's step, for a plan).
    """
    groups: dict[str, list[Point]] = {}
    for point in points:
        groups.setdefault(f"{point.equipment}.{point.quantity}", []).append(point)
    values: dict[str, float] = {}
    for key, feeds in groups.items():
        fresh = [latest[point.id].value for point in feeds if is_fresh(point, latest.get(point.id), at, at_least)]
        if len(fresh) == len(feeds):
            values[key] = sum(fresh) if feeds[0].unit in {"kW", "kWh", "A"} else sum(fresh) / len(fresh)
    return values, tuple(sorted(set(groups) - set(values)))


def is_fresh(point: Point, reading: Reading | None, at: datetime, at_least: timedelta = SHORTEST_STALE) -> bool:
    """Tell whether a reading is good and recent enough to be what is now."""
    if reading is None or reading.quality is not Quality.GOOD:
        return False
    return at - reading.time <= max(at_least, STALE_INTERVALS * timedelta(seconds=point.interval_s))


def dew_points_degc(loaded: LoadedSite, situation: Situation) -> Mapping[str, float]:
    """Return the highest dew point at the racks of each hall where temperature and humidity are measured together."""
    return {hall: max(found) for hall, found in _dew_points_by_hall(loaded, situation)}


def mean_dew_points_degc(loaded: LoadedSite, situation: Situation) -> Mapping[str, float]:
    """Return the mean dew point of each hall's racks: vapour mixes, and the dampest of many racks is mostly sensor noise."""
    return {hall: sum(found) / len(found) for hall, found in _dew_points_by_hall(loaded, situation)}


def _dew_points_by_hall(loaded: LoadedSite, situation: Situation) -> Iterator[tuple[str, Sequence[float]]]:
    """Yield halls with the dew points of those racks whose temperature and humidity are measured together."""
    for hall in loaded.site.halls:
        pairs = [
            (temperature, humidity)
            for rack in hall.racks
            if (temperature := situation.value(rack.id, INLET_TEMPERATURE)) is not None
            and (humidity := situation.value(rack.id, INLET_HUMIDITY)) is not None
        ]
        if pairs:
            temperatures, humidities = zip(*pairs, strict=True)
            yield hall.id, [float(value) for value in dew_point_degc(np.array(temperatures), np.array(humidities))]
