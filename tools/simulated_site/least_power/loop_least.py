"""A technology loop at its best: the heat of its cold plates, the pumps of its CDUs and the facility water that they need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facility.records import FloatArray
from tools.simulated_site.least_power.cells import FLOW_PRICES, HEAT_PRICES, Cells
from tools.simulated_site.liquid import SimulatedLoop
from tools.simulated_site.physics.exchanger import water_kwpk

OVERSHOOT_K = 1.0  # supply above its highest setpoint, in passing


@dataclass(frozen=True, slots=True, eq=False)
class LeastLoop:
    """A loop, whatever its load.

    Attributes
    ----------
    pump_kw
        Least power of all pumps.
    least_kwpk
        Least flow of the coolant.
    warmest_degc
        Of its supply.
    taken_kw
        Heat that heat pumps could take before the CDUs.
    """

    pump_kw: float
    least_kwpk: float
    warmest_degc: float
    taken_kw: float
    water: Cells

    def return_degc(self, most_heat_kw: FloatArray) -> FloatArray:
        """Return the warmest coolant that comes back, at a heat that is no less than the true one."""
        return self.warmest_degc + most_heat_kw / self.least_kwpk

    def costs_kw(self, heat_kw: float, most_heat_kw: float) -> FloatArray:
        """Return the least cost (`cells.CostTable`) of a loop that takes up at least so much heat, and at most."""
        spread_k = np.maximum(float(self.return_degc(np.array(most_heat_kw))) - self.water.low, 0.5)
        flow = max(heat_kw - self.taken_kw, 0.0) / spread_k
        by_flow = self.pump_kw + FLOW_PRICES[:, None] * flow
        return HEAT_PRICES[:, None, None] * (heat_kw + self.pump_kw) + by_flow[None, :, :]


def least_loop(loop: SimulatedLoop, taken_kw: float, water: Cells, *, may_stand: bool) -> LeastLoop:
    """Return a loop at its best; `may_stand`: one of its CDUs may be out of order for a time."""
    machines = list(zip(loop._cdus, loop.loop.cdus, strict=True))
    whole_lps = sum(cdu.rated_flow_lps for cdu in loop.loop.cdus)
    least_lps = sum(cdu.min_flow_frac * cdu.rated_flow_lps for cdu in loop.loop.cdus)
    common = (least_lps / whole_lps) ** 2
    pump_kw = sum(one.rated_pump_kw * one.pump.power(cdu.min_flow_frac, common) for one, cdu in machines)
    if may_stand:
        pump_kw, least_lps = 0.0, 0.5 * least_lps
    return LeastLoop(pump_kw, water_kwpk(least_lps), loop.loop.supply_max_degc + OVERSHOOT_K, taken_kw, water)
