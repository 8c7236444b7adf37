"""A water-cooled centrifugal chiller as a share of Carnot over its refrigerant lift (the product uses DOE-2 curves)."""

from __future__ import annotations

from dataclasses import dataclass

from tools.simulated_site.physics.constants import ICE_POINT_K

RATED_LEAVING_DEGC = 6.67
RATED_CONDENSER_DEGC = 29.4
APPROACH_K = 2.0  # refrigerant to water at full load, each side
RATED_RANGE_K = 5.0  # of the condenser water at full load
BEST_LOAD = 0.65  # where a variable-speed machine is best
PART_LOAD_GAIN = 0.10  # and by how much it beats full load there
MIN_LIFT_K = 13.0  # expansion valve and oil return need this much


@dataclass(frozen=True, slots=True)
class ChillerLaw:
    """One chiller, standing losses included."""

    rated_cooling_kw: float
    rated_cop: float
    min_load_kw: float

    def capacity_kw(self, leaving_degc: float, entering_condenser_degc: float) -> float:
        """Return the most it can cool: more with warm chilled water, less with warm condenser water."""
        change = 0.030 * (leaving_degc - RATED_LEAVING_DEGC) - 0.011 * (entering_condenser_degc - RATED_CONDENSER_DEGC)
        return self.rated_cooling_kw * min(max(1.0 + change, 0.5), 1.25)

    def power_kw(self, heat_kw: float, leaving_degc: float, entering_condenser_degc: float) -> float:
        """Return compressor power at a load; below its minimum load it cycles, and each start costs something."""
        if heat_kw <= 0.0:
            return 0.0
        running_kw = max(heat_kw, self.min_load_kw)
        duty = heat_kw / running_kw
        load = running_kw / self.rated_cooling_kw
        carnot = _carnot_cop(leaving_degc, entering_condenser_degc, load)
        off_best = (load - BEST_LOAD) / (1.0 - BEST_LOAD)
        efficiency = self._rated_efficiency() * (1.0 + PART_LOAD_GAIN * (1.0 - off_best**2))
        standing_kw = 0.015 * self.rated_cooling_kw / self.rated_cop
        cycling = 1.0 + 0.12 * (1.0 - duty)
        return duty * cycling * running_kw / (max(efficiency, 0.15) * carnot) + standing_kw

    def _rated_efficiency(self) -> float:
        return 1.015 * self.rated_cop / _carnot_cop(RATED_LEAVING_DEGC, RATED_CONDENSER_DEGC, 1.0)


def _carnot_cop(leaving_degc: float, entering_condenser_degc: float, load: float) -> float:
    evaporating_degc = leaving_degc - APPROACH_K * load
    condensing_degc = entering_condenser_degc + (RATED_RANGE_K + APPROACH_K) * load
    lift_k = max(condensing_degc - evaporating_degc, MIN_LIFT_K)
    return (evaporating_degc + ICE_POINT_K) / lift_k
