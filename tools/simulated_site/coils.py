"""The coils of a hall's CRAHs: dry by effectiveness and NTU, wet by bypass factor and apparatus dew point.

A coil wets when its surface is under the dew point of the air. The surface is where the air that touches it leaves it
(Carrier's bypass factor); with condensate on it, it warms until the water takes up sensible and latent heat together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facility.records import FloatArray
from facility.site import Crah
from tools.simulated_site.noise import Hidden
from tools.simulated_site.physics.air import dew_points_degc, humidity_slope, saturated_humidity_kgpkg
from tools.simulated_site.physics.constants import AIR_DENSITY_KGPM3, AIR_HEAT_KJPKGK, VAPORISATION_0C_KJPKG
from tools.simulated_site.physics.exchanger import CLOSED_KWPK, LEAST_KWPK, sized

RANGE_K = 6.0  # of the chilled water at rated load
AIR_SHARE = 0.6  # of the thermal resistance at rated flows
OPEN_FRAC = 1.3  # water through an open valve, over rated
NEWTON_STEPS = 4  # for the surface of a wet coil; it settles within 0.001 K


@dataclass(frozen=True, slots=True, eq=False)
class Coils:
    """The coils of a hall, one array entry a CRAH; capacity rates in kW/K."""

    rated_air_kwpk: FloatArray
    rated_water_kwpk: FloatArray
    rated_ua_kwpk: FloatArray

    @property
    def most_water_kwpk(self) -> FloatArray:
        """What the valves let through when open."""
        return OPEN_FRAC * self.rated_water_kwpk

    def heat_kwpk(self, air_kwpk: FloatArray, water_kwpk: FloatArray) -> FloatArray:
        """Return the heat a dry coil moves per kelvin between its inlets."""
        air, water = np.maximum(air_kwpk, LEAST_KWPK), np.maximum(water_kwpk, LEAST_KWPK)
        resistance = AIR_SHARE * (self.rated_air_kwpk / air) ** 0.7
        resistance = resistance + (1.0 - AIR_SHARE) * (self.rated_water_kwpk / water) ** 0.8
        smaller = np.minimum(air, water)
        gap = np.maximum(1.0 - smaller / np.maximum(air, water), 1e-6)
        decay = np.exp(-self.rated_ua_kwpk / (resistance * smaller) * gap)
        return np.asarray(smaller * (1.0 - decay) / (1.0 - (1.0 - gap) * decay))

    def next_water_kwpk(self, heat_kwpk: FloatArray, air_kwpk: FloatArray, water_kwpk: FloatArray) -> FloatArray:
        """Return where valves should go to move so much heat: one bounded Newton step, as controllers do."""
        here = self.heat_kwpk(air_kwpk, water_kwpk)
        slope = (self.heat_kwpk(air_kwpk, 1.05 * water_kwpk) - here) / (0.05 * water_kwpk)
        wanted = water_kwpk + (heat_kwpk - here) / np.maximum(slope, 1e-4)
        low = np.maximum(0.4 * water_kwpk, CLOSED_KWPK)
        return np.minimum(np.clip(wanted, low, 2.5 * water_kwpk), self.most_water_kwpk)

    def bypass_frac(self, air_kwpk: FloatArray) -> FloatArray:
        """Return the part of the air that leaves as if it had not touched the coil."""
        air = np.maximum(air_kwpk, LEAST_KWPK)
        ua_kwpk = self.rated_ua_kwpk / AIR_SHARE * (air / self.rated_air_kwpk) ** 0.7
        return np.asarray(np.exp(-ua_kwpk / air))


@dataclass(frozen=True, slots=True, eq=False)
class Contact:
    """What coils do to the air that touches them."""

    touching_kwpk: FloatArray  # capacity rate of that air
    surface_degc: FloatArray
    surface_kgpkg: FloatArray  # humidity of air saturated at the surface

    def sensible_kw(self, entering_degc: FloatArray) -> FloatArray:
        """Return the sensible heat taken."""
        return np.asarray(self.touching_kwpk * (entering_degc - self.surface_degc))

    def condensate_kgps(self, entering_kgpkg: FloatArray) -> FloatArray:
        """Return the water that stays on the coils."""
        return np.asarray(self.touching_kwpk / AIR_HEAT_KJPKGK * np.maximum(entering_kgpkg - self.surface_kgpkg, 0.0))


def contact(
    touching_kwpk: FloatArray,
    dry_kw: FloatArray,
    *,
    air_degc: FloatArray,
    air_kgpkg: FloatArray,
    water_degc: FloatArray,
    pressure_kpa: float,
) -> Contact:
    """Return the surfaces of coils that would move `dry_kw` if nothing condensed.

    Parameters
    ----------
    touching_kwpk
        Capacity rate of the air less its bypass [kW/K].
    dry_kw
        Heat by the law of the dry coil [kW].
    air_degc, air_kgpkg, water_degc
        What enters: air, its humidity ratio, water.
    pressure_kpa
        Of the air.
    """
    touching = np.maximum(touching_kwpk, LEAST_KWPK)
    surface_degc = air_degc - dry_kw / touching
    surface_kgpkg = saturated_humidity_kgpkg(surface_degc, pressure_kpa)
    if (air_kgpkg <= surface_kgpkg).all():
        return Contact(touching, surface_degc, surface_kgpkg)
    # Between surface and entering water the same conductance carries all heat, sensible and latent.
    behind_kwpk = dry_kw / np.maximum(surface_degc - water_degc, 1e-3)
    most_degc = np.maximum(dew_points_degc(air_kgpkg, pressure_kpa), surface_degc)
    latent = VAPORISATION_0C_KJPKG / AIR_HEAT_KJPKGK
    for _ in range(NEWTON_STEPS):
        wet = np.maximum(air_kgpkg - surface_kgpkg, 0.0)
        excess_kw = touching * (air_degc - surface_degc + latent * wet) - behind_kwpk * (surface_degc - water_degc)
        slope = touching * (1.0 + latent * humidity_slope(surface_degc, surface_kgpkg)) + behind_kwpk
        surface_degc = np.minimum(surface_degc + excess_kw / slope, most_degc)
        surface_kgpkg = saturated_humidity_kgpkg(surface_degc, pressure_kpa)
    return Contact(touching, surface_degc, surface_kgpkg)


def hidden_coils(crahs: tuple[Crah, ...], hidden: Hidden) -> Coils:
    """Return the coils behind the nameplates, each fouled in its own way."""
    air = np.array([crah.rated_airflow_m3ps for crah in crahs]) * AIR_DENSITY_KGPM3 * AIR_HEAT_KJPKGK
    water = np.array([crah.rated_cooling_kw for crah in crahs]) / RANGE_K
    sizes = [
        _rated_ua_kwpk(crah, float(one), float(two), hidden) for crah, one, two in zip(crahs, air, water, strict=True)
    ]
    return Coils(air, water, np.array(sizes))


def _rated_ua_kwpk(crah: Crah, air_kwpk: float, water_kwpk: float, hidden: Hidden) -> float:
    effectiveness_frac = min(crah.coil_effectiveness * air_kwpk / min(air_kwpk, water_kwpk), 0.95)
    effectiveness_frac = min(hidden.around(f"{crah.id}.coil", effectiveness_frac, 0.05), 0.96)
    return sized(air_kwpk, water_kwpk, effectiveness_frac).rated_ua_kwpk
