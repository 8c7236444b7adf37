"""Heat exchangers by effectiveness and number of transfer units (NTU), counter flow."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from facility.records import FloatArray
from tools.simulated_site.physics.constants import WATER_HEAT_KJPKGK


def effectiveness(ntu: FloatArray, capacity_ratio: FloatArray) -> FloatArray:
    """Return counter-flow effectiveness; equal capacity rates are the limit NTU / (1 + NTU)."""
    gap = np.maximum(1.0 - capacity_ratio, 1e-6)
    decay = np.exp(-ntu * gap)
    return np.asarray((1.0 - decay) / (1.0 - (1.0 - gap) * decay))


@dataclass(frozen=True, slots=True)
class Exchanger:
    """A coil or plate whose conductance follows both flows: 1/UA = share/hot^0.7 + (1 - share)/cold^0.8, over rated flows."""

    rated_hot_kwpk: float  # capacity rates, kW/K
    rated_cold_kwpk: float
    rated_ua_kwpk: float
    hot_share: float = 0.6

    def heat_kwpk(self, hot_kwpk: FloatArray, cold_kwpk: FloatArray) -> FloatArray:
        """Return heat moved per kelvin between the two inlets."""
        hot = np.maximum(hot_kwpk, 1e-6)
        cold = np.maximum(cold_kwpk, 1e-6)
        resistance = self.hot_share * (self.rated_hot_kwpk / hot) ** 0.7
        resistance = resistance + (1.0 - self.hot_share) * (self.rated_cold_kwpk / cold) ** 0.8
        smaller = np.minimum(hot, cold)
        ntu = self.rated_ua_kwpk / resistance / smaller
        return effectiveness(ntu, smaller / np.maximum(hot, cold)) * smaller

    def cold_kwpk_for(self, heat_kwpk: FloatArray, hot_kwpk: FloatArray, low: float, high: float) -> FloatArray:
        """Return the cold-side capacity rate between bounds that comes nearest to moving so much heat per kelvin."""
        below = np.full_like(heat_kwpk, low)
        above = np.full_like(heat_kwpk, high)
        for _ in range(11):
            middle = 0.5 * (below + above)
            short = self.heat_kwpk(hot_kwpk, middle) < heat_kwpk
            below = np.where(short, middle, below)
            above = np.where(short, above, middle)
        return 0.5 * (below + above)


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
