"""Heat exchangers by effectiveness and number of transfer units (NTU), counter flow."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tools.simulated_site.physics.constants import WATER_HEAT_KJPKGK

LEAST_KWPK = 1e-6
CLOSED_KWPK = 0.2  # a shut valve leaks
LEAST_DELIVERED_FRAC = 0.01  # with less water a valve that wants more just opens


def effectiveness(ntu: float, capacity_ratio: float) -> float:
    """Return counter-flow effectiveness; equal capacity rates are the limit NTU / (1 + NTU)."""
    gap = 1.0 - capacity_ratio if capacity_ratio < 1.0 - 1e-6 else 1e-6
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
        hot = max(hot_kwpk, LEAST_KWPK)
        return self._heat_kwpk(hot, self._hot_resistance(hot), cold_kwpk)

    def _hot_resistance(self, hot_kwpk: float) -> float:
        return self.hot_share * math.pow(self.rated_hot_kwpk / hot_kwpk, 0.7)

    def _heat_kwpk(self, hot: float, hot_resistance: float, cold_kwpk: float) -> float:
        cold = cold_kwpk if cold_kwpk > LEAST_KWPK else LEAST_KWPK  # `max` is slow, and this is called most of all
        resistance = hot_resistance + (1.0 - self.hot_share) * math.pow(self.rated_cold_kwpk / cold, 0.8)
        smaller, ratio = (hot, hot / cold) if hot < cold else (cold, cold / hot)
        return effectiveness(self.rated_ua_kwpk / resistance / smaller, ratio) * smaller

    def next_cold_kwpk(self, heat_kwpk: float, hot_kwpk: float, cold_kwpk: float, most_kwpk: float) -> float:
        """Return where a valve should go from its cold-side flow to move so much heat: one bounded Newton step, as a controller."""
        hot = max(hot_kwpk, LEAST_KWPK)
        resistance = self._hot_resistance(hot)
        here = self._heat_kwpk(hot, resistance, cold_kwpk)
        slope = (self._heat_kwpk(hot, resistance, 1.05 * cold_kwpk) - here) / (0.05 * cold_kwpk)
        wanted = cold_kwpk + (heat_kwpk - here) / max(slope, 1e-4)
        return min(max(wanted, CLOSED_KWPK, 0.4 * cold_kwpk), most_kwpk, 2.5 * cold_kwpk)


@dataclass(frozen=True, slots=True)
class Supply:
    """Water on its way to valves."""

    degc: float
    delivered_frac: float = 1.0  # of what the valves would let through: less where pumps are short

    def next_valve_kwpk(
        self, exchanger: Exchanger, heat_kwpk: float, *, hot_kwpk: float, valve_kwpk: float, most_kwpk: float
    ) -> float:
        """Return where a valve should go, as `Exchanger.next_cold_kwpk`, by the water that really comes."""
        frac = self.delivered_frac
        if frac < LEAST_DELIVERED_FRAC:
            return most_kwpk
        return exchanger.next_cold_kwpk(heat_kwpk, hot_kwpk, frac * valve_kwpk, frac * most_kwpk) / frac


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
