"""A synthetic temperate climate: season, day, fronts that pass in a few days, clouds that damp the day."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from tools.simulated_site.noise import Hidden, SmoothNoise
from tools.simulated_site.physics.air import atmospheric_pressure_kpa, relative_humidity_frac, wet_bulb_degc

DAY_S = 86_400.0
CLOUD_S = 0.8 * DAY_S


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
        key = f"{hidden.seed}/climate"
        self._cloud = SmoothNoise(f"{key}/cloud", CLOUD_S)
        self._front = SmoothNoise(f"{key}/front", 3.1 * DAY_S)
        self._gust = SmoothNoise(f"{key}/gust", 0.1 * DAY_S)
        self._dry = SmoothNoise(f"{key}/dry", 1.7 * DAY_S)
        self._zone = zone
        self._pressure_kpa = atmospheric_pressure_kpa(altitude_m)
        self._mean_degc = hidden.between("climate.mean", 9.5, 11.5)

    def at(self, time: datetime) -> Outdoors:
        """Return the outdoor air at a time."""
        local = time.astimezone(self._zone)
        time_s = time.timestamp()
        season = -math.cos(2 * math.pi * (local.timetuple().tm_yday - 20) / 365.25)  # coldest about 20 January
        clear_sky = 0.5 + 0.4 * math.tanh(self._cloud.at(time_s))
        fronts_k = 3.8 * self._front.at(time_s)
        gusts_k = 0.7 * self._gust.at(time_s)
        mean_degc = self._mean_degc + 9.3 * season + fronts_k + gusts_k
        hour = local.hour + local.minute / 60.0 + local.second / 3600.0
        swing_k = (5.2 + 2.4 * season) * clear_sky * math.cos(2 * math.pi * (hour - 15.0) / 24.0)
        temperature_degc = mean_degc + swing_k
        dryness_k = 3.2 + 1.2 * season + 1.6 * self._dry.at(time_s)
        dew_degc = min(mean_degc - max(dryness_k, 0.5), temperature_degc - 0.2)
        return Outdoors(
            temperature_degc,
            dew_degc,
            relative_humidity_frac(temperature_degc, dew_degc),
            wet_bulb_degc(temperature_degc, dew_degc, self._pressure_kpa),
            self._pressure_kpa,
        )
