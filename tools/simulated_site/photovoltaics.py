"""A photovoltaic array: the sun's place by its geometry, clouds by chance, the plane by the site file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from facility.site import Photovoltaics, Site
from tools.simulated_site.climate import CLOUD_S
from tools.simulated_site.noise import Hidden, SmoothNoise

SOLAR_KWPM2 = 1.361
STANDARD_KWPM2 = 1.0  # at which arrays are rated
CELL_RISE_K = 28.0  # of the cells over the air in full sun
LOSS_PER_K = 0.0037
ALBEDO = 0.2
# Places that a site file does not tell: the sun follows the zone's own meridian at a temperate latitude.
LATITUDE_DEG = 50.0


@dataclass(slots=True)
class PhotovoltaicsState:
    """What an array does now."""

    working: bool = True
    power_kw: float = 0.0


class SimulatedPhotovoltaics:
    """One array."""

    def __init__(self, array: Photovoltaics, site: Site, hidden: Hidden) -> None:
        self.array = array
        winter = datetime(2026, 1, 15, tzinfo=site.zone).utcoffset() or timedelta()  # without summer time, in the north
        self._longitude_deg = winter.total_seconds() / 240.0
        self._cloud = SmoothNoise(
            f"{hidden.seed}/climate/cloud", CLOUD_S
        )  # that also damps the day's swing of temperature
        self._tilt, self._azimuth = math.radians(array.tilt_deg), math.radians(array.azimuth_deg)
        self._rated_kw = hidden.around(f"{array.id}.rated", array.rated_kw * 0.97, 0.03)  # dust and age
        self._inverter_frac = array.inverter_efficiency_frac
        self.state = PhotovoltaicsState()

    def fail(self, _equipment: str) -> None:
        """Put it out of order."""
        self.state.working = False

    def repair(self, _equipment: str) -> None:
        """Put it back into order."""
        self.state.working = True

    def step(self, time: datetime, outdoor_degc: float) -> None:
        """Find the power at a time."""
        on_plane_kwpm2 = self._on_plane_kwpm2(time) if self.state.working else 0.0
        cells_degc = outdoor_degc + CELL_RISE_K * on_plane_kwpm2
        warm = 1.0 - LOSS_PER_K * (cells_degc - 25.0)
        direct_kw = self._rated_kw * on_plane_kwpm2 / STANDARD_KWPM2 * max(warm, 0.0)
        self.state.power_kw = min(direct_kw * self._inverter_frac, self.array.rated_kw)

    def _on_plane_kwpm2(self, time: datetime) -> float:
        """Return the irradiance on the plane: a clear sky by air mass (Meinel), thinned by cloud, split as Erbs does."""
        height, azimuth = sun(time.astimezone(UTC), self._longitude_deg)
        if height <= 0.0:
            return 0.0
        above = math.sin(height)
        air_mass = 1.0 / (above + 0.50572 * math.pow(math.degrees(height) + 6.07995, -1.6364))
        clear_kwpm2 = (
            1.1 * SOLAR_KWPM2 * math.pow(0.7, math.pow(air_mass, 0.678)) * above
        )  # a tenth of the beam comes as sky light
        clearness = 0.5 + 0.4 * math.tanh(self._cloud.at(time.timestamp()))
        global_kwpm2 = clear_kwpm2 * (0.2 + 0.8 * clearness)
        diffuse_frac = _diffuse_frac(global_kwpm2 / (SOLAR_KWPM2 * above))
        diffuse, beam = diffuse_frac * global_kwpm2, (1.0 - diffuse_frac) * global_kwpm2 / max(above, 0.05)
        incidence = above * math.cos(self._tilt)
        incidence += math.cos(height) * math.sin(self._tilt) * math.cos(azimuth - self._azimuth)
        sky = 0.5 * (1.0 + math.cos(self._tilt))
        return beam * max(incidence, 0.0) + diffuse * sky + ALBEDO * global_kwpm2 * (1.0 - sky)


def sun(time: datetime, longitude_deg: float, latitude_deg: float = LATITUDE_DEG) -> tuple[float, float]:
    """Return the sun's height and azimuth (clockwise from north) [rad] at a UTC time, by Cooper's declination."""
    day = time.timetuple().tm_yday
    declination = math.radians(23.45) * math.sin(2 * math.pi * (284 + day) / 365.0)
    hour = time.hour + time.minute / 60.0 + time.second / 3600.0 + longitude_deg / 15.0
    angle = math.radians(15.0 * (hour - 12.0))
    latitude = math.radians(latitude_deg)
    up = math.sin(latitude) * math.sin(declination)
    up += math.cos(latitude) * math.cos(declination) * math.cos(angle)
    south = math.cos(angle) * math.sin(latitude) - math.tan(declination) * math.cos(latitude)
    return math.asin(up), math.pi + math.atan2(math.sin(angle), south)


def _diffuse_frac(clearness: float) -> float:
    """Return the diffuse share of global irradiance from the clearness index (Erbs, Klein and Duffie 1982)."""
    if clearness <= 0.22:
        return 1.0 - 0.09 * clearness
    if clearness <= 0.8:
        k = clearness
        return 0.9511 - 0.1604 * k + 4.388 * k**2 - 16.638 * k**3 + 12.336 * k**4
    return 0.165
