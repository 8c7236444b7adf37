"""A synthetic temperate climate: season, day, fronts that pass in a few days, clouds that damp the day."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from tools.simulated_site.noise import Hidden, smooth_noise
from tools.simulated_site.physics.air import atmospheric_pressure_kpa, relative_humidity_frac, wet_bulb_degc

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Outdoors:
    """Outdoor air at one moment."""

    temperature_degc: float
    dew_point_degc: float
    relative_humidity_frac: float
    wet_bulb_degc: float
    pressure_kpa: float


class Climate:
    """Outdoor air as a pure function of time."""

    def __init__(self, hidden: Hidden, zone: ZoneInfo, altitude_m: float) -> None:
        self._key = f"{hidden.seed}/climate"
        self._zone = zone
        self._pressure_kpa = atmospheric_pressure_kpa(altitude_m)
        self._mean_degc = hidden.between("climate.mean", 9.5, 11.5)

    def at(self, time: datetime) -> Outdoors:
        """Return the outdoor air at a time."""
        local = time.astimezone(self._zone)
        time_s = time.timestamp()
        season = -math.cos(2 * math.pi * (local.timetuple().tm_yday - 20) / 365.25)  # coldest about 20 January
        clear_sky = 0.5 + 0.4 * math.tanh(smooth_noise(f"{self._key}/cloud", time_s, 0.8 * DAY_S))
        fronts_k = 3.8 * smooth_noise(f"{self._key}/front", time_s, 3.1 * DAY_S)
        gusts_k = 0.7 * smooth_noise(f"{self._key}/gust", time_s, 0.1 * DAY_S)
        mean_degc = self._mean_degc + 9.3 * season + fronts_k + gusts_k
        hour = local.hour + local.minute / 60.0 + local.second / 3600.0
        swing_k = (5.2 + 2.4 * season) * clear_sky * math.cos(2 * math.pi * (hour - 15.0) / 24.0)
        temperature_degc = mean_degc + swing_k
        dryness_k = 3.2 + 1.2 * season + 1.6 * smooth_noise(f"{self._key}/dry", time_s, 1.7 * DAY_S)
        dew_degc = min(mean_degc - max(dryness_k, 0.5), temperature_degc - 0.2)
        return Outdoors(
            temperature_degc,
            dew_degc,
            relative_humidity_frac(temperature_degc, dew_degc),
            wet_bulb_degc(temperature_degc, dew_degc, self._pressure_kpa),
            self._pressure_kpa,
        )
