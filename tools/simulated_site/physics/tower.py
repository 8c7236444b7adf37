"""A cooling tower by effectiveness on enthalpy (Braun, Klein and Mitchell 1989); the product uses an empirical approach."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from tools.simulated_site.physics.air import saturated_enthalpy_kjpkg
from tools.simulated_site.physics.constants import AIR_HEAT_KJPKGK, VAPORISATION_KJPKG, WATER_HEAT_KJPKGK
from tools.simulated_site.physics.movers import Mover

DESIGN_WET_BULB_DEGC = 22.0
DESIGN_APPROACH_K = 4.5
DRAUGHT_FRAC = 0.1  # of the rated air through a cell whose fan stands


@dataclass(frozen=True, slots=True)
class TowerLaw:
    """One tower cell with a variable-speed fan."""

    rated_flow_lps: float
    rated_air_kgps: float
    ntu_constant: float
    fan: Mover
    min_fan_frac: float
    pressure_kpa: float

    def heat_at(self, entering_degc: float, flow_lps: float, wet_bulb_degc: float) -> Callable[[float], float]:
        """Return the heat rejected as a function of the fan speed; a still fan leaves a tenth of the draught."""
        gap = saturated_enthalpy_kjpkg(entering_degc, self.pressure_kpa)
        gap -= saturated_enthalpy_kjpkg(wet_bulb_degc, self.pressure_kpa)
        if gap <= 0.0 or flow_lps <= 0.0:
            return lambda _fan_frac: 0.0
        water_kwpk, spread_k = flow_lps * WATER_HEAT_KJPKGK, entering_degc - wet_bulb_degc
        saturation_heat = gap / max(spread_k, 0.1)
        rated_kgps, constant, most_kw = self.rated_air_kgps, self.ntu_constant, water_kwpk * spread_k

        def heat_kw(fan_frac: float) -> float:
            air_kgps = rated_kgps * max(fan_frac, DRAUGHT_FRAC)
            ntu = constant * (flow_lps / air_kgps) ** 0.4
            return min(_counter_flow(ntu, air_kgps * saturation_heat / water_kwpk) * air_kgps * gap, most_kw)

        return heat_kw

    def heat_kw(self, entering_degc: float, flow_lps: float, fan_frac: float, wet_bulb_degc: float) -> float:
        """Return the heat rejected at a fan speed."""
        return self.heat_at(entering_degc, flow_lps, wet_bulb_degc)(fan_frac)

    def evaporated_lps(self, heat_kw: float, fan_frac: float, wet_bulb_degc: float, dry_bulb_degc: float) -> float:
        """Return the water that a heat evaporates: all but what warms the air from dry bulb to saturated outlet.

        Dry air cools on its way: then more evaporates than the water's own heat asks for.
        """
        if heat_kw <= 0.0:
            return 0.0
        air_kgps = self.rated_air_kgps * max(fan_frac, DRAUGHT_FRAC)
        inlet = saturated_enthalpy_kjpkg(wet_bulb_degc, self.pressure_kpa)
        per_k = saturated_enthalpy_kjpkg(wet_bulb_degc + 5.0, self.pressure_kpa) - inlet
        outlet_degc = wet_bulb_degc + 5.0 * heat_kw / air_kgps / per_k
        sensible_kw = air_kgps * AIR_HEAT_KJPKGK * (outlet_degc - dry_bulb_degc)
        return max(heat_kw - sensible_kw, 0.0) / VAPORISATION_KJPKG


def _counter_flow(ntu: float, ratio: float) -> float:
    gap = 1.0 - ratio
    if abs(gap) < 1e-6:
        return ntu / (1.0 + ntu)
    decay = math.exp(max(min(-ntu * gap, 50.0), -50.0))
    return (1.0 - decay) / (1.0 - ratio * decay)


def sized_tower(
    rated_rejection_kw: float, rated_flow_lps: float, rated_fan_kw: float, min_fan_frac: float, pressure_kpa: float
) -> TowerLaw:
    """Return the tower that rejects its rating at the design wet bulb and approach, its fill solved by bisection."""
    entering_degc = DESIGN_WET_BULB_DEGC + DESIGN_APPROACH_K + rated_rejection_kw / (rated_flow_lps * WATER_HEAT_KJPKGK)
    fan = Mover(1.0, rated_fan_kw, 0.0, 0.02 * rated_fan_kw)
    low, high = 0.1, 12.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        law = TowerLaw(rated_flow_lps, rated_flow_lps / 1.2, middle, fan, min_fan_frac, pressure_kpa)
        if law.heat_kw(entering_degc, rated_flow_lps, 1.0, DESIGN_WET_BULB_DEGC) < rated_rejection_kw:
            low = middle
        else:
            high = middle
    return TowerLaw(rated_flow_lps, rated_flow_lps / 1.2, high, fan, min_fan_frac, pressure_kpa)
