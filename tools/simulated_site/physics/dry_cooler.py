"""A dry cooler: water or glycol in a finned coil, outdoor air over it by fans, adiabatic pads before it where it has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tools.simulated_site.physics.constants import VAPORISATION_KJPKG, WATER_HEAT_KJPKGK
from tools.simulated_site.physics.exchanger import Exchanger, sized
from tools.simulated_site.physics.movers import Mover

AIR_OVER_WATER = 1.3  # capacity rates at rating
WATER_SIDE_SHARE = 0.3  # of the coil's resistance at rating; fins have the rest
STILL_AIR_FRAC = 0.05  # of the rated air through a coil whose fans stand


@dataclass(frozen=True, slots=True)
class DryCoolerLaw:
    """One cooler; the temperature of the air at its coil is that of the outdoors, or what the pads make of it."""

    rated_flow_lps: float
    rated_air_kwpk: float
    coil: Exchanger
    fan: Mover
    min_fan_frac: float
    pad_effectiveness_frac: float

    def heat_at(self, entering_degc: float, flow_lps: float, air_degc: float) -> Callable[[float], float]:
        """Return the heat rejected from water that enters at a temperature, as a function of the fan speed."""
        spread_k = entering_degc - air_degc
        if spread_k <= 0.0 or flow_lps <= 0.0:
            return lambda _fan_frac: 0.0
        water_kwpk, moved, rated = flow_lps * WATER_HEAT_KJPKGK, self.coil.heat_kwpk, self.rated_air_kwpk
        return lambda fan_frac: moved(water_kwpk, rated * max(fan_frac, STILL_AIR_FRAC)) * spread_k

    def heat_kw(self, entering_degc: float, flow_lps: float, fan_frac: float, air_degc: float) -> float:
        """Return the heat rejected at a fan speed."""
        return self.heat_at(entering_degc, flow_lps, air_degc)(fan_frac)

    def coil_air_degc(self, dry_bulb_degc: float, wet_bulb_degc: float, wet: bool) -> float:
        """Return the air at the coil: pads bring it so far towards the wet bulb."""
        return dry_bulb_degc - (self.pad_effectiveness_frac * (dry_bulb_degc - wet_bulb_degc) if wet else 0.0)

    def evaporated_lps(self, fan_frac: float, dry_bulb_degc: float, air_degc: float) -> float:
        """Return the water that cooled the air from the outdoors to the coil, its heat of vaporisation all taken from the air."""
        return self.rated_air_kwpk * fan_frac * (dry_bulb_degc - air_degc) / VAPORISATION_KJPKG


def sized_dry_cooler(
    rated_rejection_kw: float,
    rated_flow_lps: float,
    rated_approach_k: float,
    *,
    fan: Mover,
    min_fan_frac: float,
    pad_effectiveness_frac: float,
) -> DryCoolerLaw:
    """Return the cooler that brings its rated flow to within its approach of dry air at full fans."""
    water_kwpk = rated_flow_lps * WATER_HEAT_KJPKGK
    range_k = rated_rejection_kw / water_kwpk
    coil = sized(water_kwpk, AIR_OVER_WATER * water_kwpk, range_k / (range_k + rated_approach_k))
    coil = replace(coil, hot_share=WATER_SIDE_SHARE)
    return DryCoolerLaw(rated_flow_lps, AIR_OVER_WATER * water_kwpk, coil, fan, min_fan_frac, pad_effectiveness_frac)
