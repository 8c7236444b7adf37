"""Compression: Carnot between the refrigerant's two temperatures, times what the impeller makes of flow and head.

The product uses the DOE-2 curves instead. Heads go with the square of the speed, so that a lift asks for a speed; efficiency is
best where flow over speed is that of the rating. Low lifts therefore pay twice: less work by Carnot, and low loads stay near
the best point. Below the surge line hot gas keeps the impeller's flow up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from tools.simulated_site.physics.constants import ICE_POINT_K

RATED_LEAVING_DEGC = 6.67
RATED_CONDENSER_DEGC = 29.4
EVAPORATOR_K = 2.0  # refrigerant below the leaving water at full load
CONDENSER_K = 7.0  # refrigerant above the entering water at full load: range 5 K, approach 2 K
MIN_LIFT_K = 13.0  # expansion valve and oil return need this much
OFF_BEST_SLOW, OFF_BEST_CHOKED = 0.5, 0.25  # efficiency lost, over the square of the distance from the best flow
LEAST_EFFICIENCY = 0.45  # of the best
STANDING_FRAC = 0.015  # of rated power: oil, controls, the drive's cooling
SURGE_PER_LIFT = 1.5  # how much more of its least load surge asks for, per rated lift beyond SURGE_FREE_LIFT
SURGE_FREE_LIFT = 0.75
CAPACITY_PER_K = 0.020  # suction gas grows denser with warm water
CAPACITY_PER_LIFT = 0.35


class Chilling(Protocol):
    """A machine that chills water, whatever takes its heat: condenser water or outdoor air, the sink."""

    @property
    def rated_cooling_kw(self) -> float:
        """Cooling at the rating."""
        ...

    @property
    def min_load_kw(self) -> float:
        """The least cooling without cycling."""
        ...

    def capacity_kw(self, leaving_degc: float, sink_degc: float) -> float:
        """Return the most it can cool."""
        ...

    def condensing_degc(self, heat_kw: float, sink_degc: float) -> float:
        """Return the refrigerant's condensing temperature."""
        ...

    def compressor_kw(self, heat_kw: float, leaving_degc: float, sink_degc: float) -> float:
        """Return the compressor power of the running machine."""
        ...

    def fan_kw(self, heat_kw: float, sink_degc: float, /) -> float:
        """Return the power of its own condenser fans."""
        ...


@dataclass(frozen=True, slots=True)
class ChillerLaw:
    """A water-cooled machine; an air-cooled one has it inside with a condenser and ratings of its own."""

    rated_cooling_kw: float
    rated_cop: float
    min_load_kw: float
    rated_leaving_degc: float = RATED_LEAVING_DEGC
    rated_condensing_degc: float = RATED_CONDENSER_DEGC + CONDENSER_K

    def capacity_kw(self, leaving_degc: float, entering_condenser_degc: float) -> float:
        """Return the most it can cool: more with warm chilled water, less the higher the lift."""
        return self.capacity_between_kw(leaving_degc, entering_condenser_degc + CONDENSER_K)

    def condensing_degc(self, heat_kw: float, entering_condenser_degc: float) -> float:
        """Return the condensing temperature; the water's rise and the approach shrink with the load."""
        return entering_condenser_degc + CONDENSER_K * heat_kw / self.rated_cooling_kw

    def compressor_kw(self, heat_kw: float, leaving_degc: float, entering_condenser_degc: float) -> float:
        """Return the power of the running compressor; below its least load hot gas keeps it there."""
        held_kw = max(heat_kw, self.min_load_kw)
        return self.between_kw(held_kw, leaving_degc, self.condensing_degc(held_kw, entering_condenser_degc))

    def fan_kw(self, _heat_kw: float, _entering_condenser_degc: float) -> float:
        """Return nothing: the towers have the fans."""
        return 0.0

    def power_kw(self, heat_kw: float, leaving_degc: float, entering_condenser_degc: float) -> float:
        """Return mean power at a steady load: below the least load it runs a part of the time, starts not counted."""
        if heat_kw <= 0.0:
            return 0.0
        duty = min(heat_kw / self.min_load_kw, 1.0) if self.min_load_kw > 0.0 else 1.0
        return duty * self.compressor_kw(heat_kw, leaving_degc, entering_condenser_degc)

    def capacity_between_kw(self, leaving_degc: float, condensing_degc: float) -> float:
        """Return the most it can cool against a condensing temperature at full load."""
        dense = 1.0 + CAPACITY_PER_K * (leaving_degc - self.rated_leaving_degc)
        lift = (condensing_degc - leaving_degc + EVAPORATOR_K) / self._rated_lift_k()
        return self.rated_cooling_kw * min(max(dense * (1.0 + CAPACITY_PER_LIFT * (1.0 - lift)), 0.3), 1.25)

    def between_kw(self, heat_kw: float, leaving_degc: float, condensing_degc: float) -> float:
        """Return compressor power at a load against a condensing temperature."""
        load = heat_kw / self.rated_cooling_kw
        evaporating_degc = leaving_degc - EVAPORATOR_K * load
        lift_k = max(condensing_degc - evaporating_degc, MIN_LIFT_K)
        head = lift_k / self._rated_lift_k()
        surging = self.min_load_kw / self.rated_cooling_kw * (1.0 + SURGE_PER_LIFT * max(head - SURGE_FREE_LIFT, 0.0))
        moved = max(load, surging)
        carnot_cop = (evaporating_degc + ICE_POINT_K) / lift_k
        efficiency = self._rated_efficiency() * _impeller(moved / math.sqrt(head))
        return moved * self.rated_cooling_kw / (carnot_cop * efficiency) + STANDING_FRAC * self._rated_kw()

    def _rated_kw(self) -> float:
        return self.rated_cooling_kw / self.rated_cop

    def _rated_lift_k(self) -> float:
        return self.rated_condensing_degc - self.rated_leaving_degc + EVAPORATOR_K

    def _rated_efficiency(self) -> float:
        carnot_cop = (self.rated_leaving_degc - EVAPORATOR_K + ICE_POINT_K) / self._rated_lift_k()
        return self.rated_cop / (1.0 - STANDING_FRAC) / carnot_cop


def _impeller(flow_over_speed: float) -> float:
    """Return efficiency over the rated one."""
    off = flow_over_speed - 1.0
    lost = (OFF_BEST_SLOW if off < 0.0 else OFF_BEST_CHOKED) * off * off
    return max(1.0 - lost, LEAST_EFFICIENCY)
