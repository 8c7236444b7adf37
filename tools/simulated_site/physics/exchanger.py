"""Heat exchangers by effectiveness and number of transfer units (NTU), counter flow."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tools.simulated_site.physics.constants import WATER_HEAT_KJPKGK

LEAST_KWPK = 1e-6
CLOSED_KWPK = 0.2  # a shut valve leaks


def effectiveness(ntu: float, capacity_ratio: float) -> float:
    """Return counter-flow effectiveness; equal capacity rates are the limit NTU / (1 + NTU)."""
    gap = max(1.0 - capacity_ratio, 1e-6)
    decay = math.exp(-ntu * gap)
    return (1.0 - decay) / (1.0 - (1.0 - gap) * decay)


@dataclass(frozen=True, slots=True)
class Exchanger:
    """A coil or plate whose conductance follows both flows: 1/UA = share/hot^0.7 + (1 - share)/cold^0.8, over rated flows."""

    rated_hot_kwpk: float  # capacity rates, kW/K
    rated_cold_kwpk: float
    rated_ua_kwpk: float
    hot_share: float = 0.6

    def heat_kwpk(self, hot_kwpk: float, cold_kwpk: float) -> float:
        """Return heat moved per kelvin between the two inlets."""
        hot, cold = max(hot_kwpk, LEAST_KWPK), max(cold_kwpk, LEAST_KWPK)
        resistance = self.hot_share * (self.rated_hot_kwpk / hot) ** 0.7
        resistance += (1.0 - self.hot_share) * (self.rated_cold_kwpk / cold) ** 0.8
        smaller, larger = min(hot, cold), max(hot, cold)
        return effectiveness(self.rated_ua_kwpk / resistance / smaller, smaller / larger) * smaller

    def next_cold_kwpk(self, heat_kwpk: float, hot_kwpk: float, cold_kwpk: float, most_kwpk: float) -> float:
        """Return where a valve should go from its cold-side flow to move so much heat: one bounded Newton step, as a controller."""
        here = self.heat_kwpk(hot_kwpk, cold_kwpk)
        slope = (self.heat_kwpk(hot_kwpk, 1.05 * cold_kwpk) - here) / (0.05 * cold_kwpk)
        wanted = cold_kwpk + (heat_kwpk - here) / max(slope, 1e-4)
        return min(max(wanted, CLOSED_KWPK, 0.4 * cold_kwpk), most_kwpk, 2.5 * cold_kwpk)


def sized(hot_kwpk: float, cold_kwpk: float, effectiveness_frac: float) -> Exchanger:
    """Return the exchanger that has this effectiveness on its smaller side at rated flows."""
    smaller, larger = min(hot_kwpk, cold_kwpk), max(hot_kwpk, cold_kwpk)
    ratio = smaller / larger
    if ratio > 0.999:
        ntu = effectiveness_frac / (1.0 - effectiveness_frac)
    else:
        ntu = math.log((1.0 - effectiveness_frac * ratio) / (1.0 - effectiveness_frac)) / (1.0 - ratio)
    return Exchanger(hot_kwpk, cold_kwpk, ntu * smaller)


def water_kwpk(flow_lps: float) -> float:
    """Return the capacity rate of a water flow."""
    return flow_lps * WATER_HEAT_KJPKGK
