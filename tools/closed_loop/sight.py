"""What a controller can see now, and the setpoints it holds; a measurement that is missing is None, never an old one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from facility.site import Hall
from models.psychrometrics import dew_point_degc
from tools.closed_loop.plant import Key

_LEAST_HUMIDITY_FRAC = 0.01  # what a sensor says below is its error


@dataclass(slots=True)
class Sight:
    """Measurements of one moment beside the setpoints held so far, which rules move."""

    time: datetime
    measured: Mapping[Key, float]
    held: dict[Key, float]

    def value(self, equipment: str, quantity: str) -> float | None:
        """Return a measurement, if it is there."""
        value = self.measured.get((equipment, quantity), math.nan)
        return value if math.isfinite(value) else None

    def values(self, equipment: Iterable[str], quantity: str) -> list[float]:
        """Return the measurements that are there."""
        return [value for one in equipment if (value := self.value(one, quantity)) is not None]

    def difference(self, equipment: str, warm: str, cold: str) -> float | None:
        """Return the first quantity of a piece of equipment less the second, if both are there."""
        high, low = self.value(equipment, warm), self.value(equipment, cold)
        return None if high is None or low is None else high - low

    def outdoors(self, station: str) -> tuple[float, float] | None:
        """Return dry bulb and dew point outdoors [degC], if they are there."""
        dry_bulb = self.value(station, "outdoor_temperature_degc")
        humidity = self.value(station, "outdoor_relative_humidity_frac")
        if dry_bulb is None or humidity is None:
            return None
        return dry_bulb, _highest_dew_point([dry_bulb], [humidity])

    def dew_point(self, hall: Hall) -> float | None:
        """Return the highest dew point [degC] at a hall's racks, if any rack measures temperature and humidity."""
        pairs = [
            (inlet, humidity)
            for rack in hall.racks
            if (inlet := self.value(rack.id, "inlet_temperature_degc")) is not None
            and (humidity := self.value(rack.id, "inlet_relative_humidity_frac")) is not None
        ]
        return _highest_dew_point(*zip(*pairs, strict=True)) if pairs else None

    def move(self, key: Key, by: float, low: float, high: float) -> None:
        """Move a held setpoint within its range."""
        self.held[key] = min(max(self.held[key] + by, low), max(low, high))


def _highest_dew_point(degc: Sequence[float], humidity_frac: Sequence[float]) -> float:
    """Return it, all places at once: solved one by one they take ten times as long."""
    return float(max(dew_point_degc(np.array(degc), np.clip(humidity_frac, _LEAST_HUMIDITY_FRAC, 1.0))))
