"""The coil of a CRAH: dry by effectiveness and NTU, wet by bypass factor and apparatus dew point.

A coil wets when its surface is under the dew point of the air. The surface is where the air that touches it leaves it
(Carrier's bypass factor); with condensate on it, it warms until the water takes up sensible and latent heat together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from facility.site import Crah
from tools.simulated_site.noise import Hidden
from tools.simulated_site.physics.air import dew_point_of_humidity_degc, humidity_kgpkg, humidity_slope
from tools.simulated_site.physics.constants import AIR_DENSITY_KGPM3, AIR_HEAT_KJPKGK, VAPORISATION_0C_KJPKG
from tools.simulated_site.physics.exchanger import LEAST_KWPK, Exchanger, sized

RANGE_K = 6.0  # of the chilled water at rated load
AIR_SHARE = 0.6  # of the thermal resistance at rated flows: that of an `Exchanger`
OPEN_FRAC = 1.3  # water through an open valve, over rated
NEWTON_STEPS = 4  # for the surface of a wet coil; it settles within 0.001 K


@dataclass(frozen=True, slots=True)
class Coil:
    """A coil, air on its hot side, and what its valve lets through when open [kW/K]."""

    exchanger: Exchanger
    most_water_kwpk: float

    def touching_kwpk(self, air_kwpk: float) -> float:
        """Return the air that touches the coil; the rest leaves as it came."""
        air = max(air_kwpk, LEAST_KWPK)
        ua_kwpk = self.exchanger.rated_ua_kwpk / AIR_SHARE * (air / self.exchanger.rated_hot_kwpk) ** 0.7
        return air_kwpk * (1.0 - math.exp(-ua_kwpk / air))


@dataclass(frozen=True, slots=True)
class Contact:
    """What a coil does to the air that touches it."""

    touching_kwpk: float  # capacity rate of that air
    surface_degc: float
    surface_kgpkg: float  # humidity of air saturated at the surface

    def sensible_kw(self, entering_degc: float) -> float:
        """Return the sensible heat taken."""
        return self.touching_kwpk * (entering_degc - self.surface_degc)


def contact(
    touching_kwpk: float,
    dry_kw: float,
    *,
    air_degc: float,
    air_kgpkg: float,
    water_degc: float,
    pressure_kpa: float,
) -> Contact:
    """Return the surface of a coil that would move `dry_kw` if nothing condensed.

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
    touching = max(touching_kwpk, LEAST_KWPK)
    surface_degc = air_degc - dry_kw / touching
    surface_kgpkg = humidity_kgpkg(surface_degc, pressure_kpa)
    if air_kgpkg <= surface_kgpkg:
        return Contact(touching, surface_degc, surface_kgpkg)
    # Between surface and entering water the same conductance carries all heat, sensible and latent.
    behind_kwpk = dry_kw / max(surface_degc - water_degc, 1e-3)
    most_degc = max(dew_point_of_humidity_degc(air_kgpkg, pressure_kpa), surface_degc)
    latent = VAPORISATION_0C_KJPKG / AIR_HEAT_KJPKGK
    for _ in range(NEWTON_STEPS):
        wet = max(air_kgpkg - surface_kgpkg, 0.0)
        excess_kw = touching * (air_degc - surface_degc + latent * wet) - behind_kwpk * (surface_degc - water_degc)
        slope = touching * (1.0 + latent * humidity_slope(surface_degc, surface_kgpkg)) + behind_kwpk
        surface_degc = min(surface_degc + excess_kw / slope, most_degc)
        surface_kgpkg = humidity_kgpkg(surface_degc, pressure_kpa)
    return Contact(touching, surface_degc, surface_kgpkg)


def hidden_coil(crah: Crah, hidden: Hidden) -> Coil:
    """Return the coil behind a nameplate, fouled in its own way."""
    air_kwpk = crah.rated_airflow_m3ps * AIR_DENSITY_KGPM3 * AIR_HEAT_KJPKGK
    water_kwpk = crah.rated_cooling_kw / RANGE_K
    effectiveness_frac = min(crah.coil_effectiveness * air_kwpk / min(air_kwpk, water_kwpk), 0.95)
    effectiveness_frac = min(hidden.around(f"{crah.id}.coil", effectiveness_frac, 0.05), 0.96)
    return Coil(sized(air_kwpk, water_kwpk, effectiveness_frac), OPEN_FRAC * water_kwpk)
