"""A hall at its best: what its racks and fans draw, what heat its coils must take and how little water they need for it.

A state of a hall is a cell of supply air and one of airflow (and, with dampers, one of outdoor air). Colder supply air slows the
servers' fans and their leakage; less air saves CRAH fans, and draws the racks' own exhaust back into them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facility.records import FloatArray
from tools.simulated_site.air_paths import AirPaths
from tools.simulated_site.least_power.cells import FLOW_PRICES, HEAT_PRICES, Cells, cells
from tools.simulated_site.least_power.crahs_least import LeastCrahs
from tools.simulated_site.least_power.outdoor_air import NO_OUTDOOR_AIR, OutdoorAir
from tools.simulated_site.least_power.racks_least import SLOPE_K, HallRacks

UNDERSHOOT_K = 0.5  # supply air under its lowest setpoint, in passing
SUPPLY_CELL_K, SUPPLY_SPAN_K = 0.5, 14.0
TIGHTEST = 0.3  # a rack leaks no less than so much of its leak, however much air it is given (air_paths)
WARMER_K = 10.0  # inlets this far above the supply are not told apart
COIL_TOLERANCE_FRAC = 0.03  # of the coil's approach, between the ends of a cell


@dataclass(frozen=True, slots=True, eq=False)
class HallStates:
    """All states of a hall at one load, flat; flow and whether it can be depend on the plant's water as well.

    `power_kw` has IT power at the price of its losses.
    """

    power_kw: FloatArray  # (states,)
    heat_kw: FloatArray
    flow_kwpk: FloatArray  # (states, water cells); infinite where the coils could not

    def costs_kw(self) -> FloatArray:
        """Return the least cost by the prices of heat and flow, and water cell (`cells.CostTable`)."""
        by_flow = [self.power_kw[:, None] + price * self.flow_kwpk for price in np.maximum(FLOW_PRICES, 1e-9)]
        rows = [[(one + price * self.heat_kw[:, None]).min(axis=0) for one in by_flow] for price in HEAT_PRICES]
        return np.array(rows)


@dataclass(frozen=True, slots=True, eq=False)
class LeastHall:
    """A hall, whatever its load."""

    racks: HallRacks
    paths: AirPaths
    crahs: LeastCrahs
    density_frac: float
    lowest_degc: float  # supply air
    it_price: float  # kW behind the transformer for a kW at the racks
    water: Cells  # of the plant that cools it

    def states(self, pool_kw: FloatArray, outdoors: OutdoorAir = NO_OUTDOOR_AIR) -> HallStates:
        """Return what a hall can be at a load."""
        first = self.lowest_degc - UNDERSHOOT_K
        supply = cells(np.append(np.arange(first, first + SUPPLY_SPAN_K, SUPPLY_CELL_K), first + 100.0))
        it_kw, air_kw = self._racks_kw(pool_kw, supply)
        parts = [
            self._at_airflow(cell, supply, it_kw[:, cell], air_kw[:, cell], outdoors)
            for cell in range(len(self.crahs.air_kwpk))
        ]
        return HallStates(*[np.concatenate([getattr(part, name) for part in parts]) for name in HallStates.__slots__])

    def _racks_kw(self, pool_kw: FloatArray, supply: Cells) -> tuple[FloatArray, FloatArray]:
        """Return IT power and heat to the air by cells of supply air and airflow."""
        base = self.racks.load(pool_kw, supply.low)
        above = self.racks.load(pool_kw, supply.low + SLOPE_K)
        warm = self.racks.load(pool_kw, supply.low + WARMER_K)
        slope = (above.it_kw - base.it_kw) / SLOPE_K
        to_air = float(((above.air_kw - base.air_kw) / np.maximum(above.it_kw - base.it_kw, 1e-12)).min())
        drawn, drawn_warm = self.density_frac * base.air_kwpk, self.density_frac * warm.air_kwpk
        own_rise = base.air_kw / np.maximum(drawn_warm, 1e-9)
        it_kw, air_kw = base.it_kw.sum(axis=1), base.air_kw.sum(axis=1)
        more = np.array(
            [
                [
                    self._recirculated_kw(slope[row], own_rise[row], drawn[row], air_kw[row], high)
                    for high in self.crahs.air_kwpk.high.tolist()
                ]
                for row in range(len(supply))
            ]
        )
        return it_kw[:, None] + more, air_kw[:, None] + to_air * more

    def _recirculated_kw(
        self, slope: FloatArray, own_rise: FloatArray, drawn: FloatArray, air_kw: float, moved_kwpk: float
    ) -> float:
        """Return what racks draw more because they breathe hot air: cold air goes first where it is worth most."""
        own = self.paths.own_frac
        rise_k = np.minimum(own * own_rise + (1.0 - own) * air_kw / moved_kwpk, WARMER_K)
        worth = slope * rise_k
        saved = worth * (1.0 - TIGHTEST * self.paths.leak_frac)
        order = np.argsort(-saved / np.maximum(drawn, 1e-9))
        used, kept = np.cumsum(drawn[order]), np.cumsum(saved[order])
        most = float(np.interp(moved_kwpk, np.append(0.0, used), np.append(0.0, kept)))
        return float(worth.sum()) - most

    def _at_airflow(
        self, cell: int, supply: Cells, it_kw: FloatArray, air_kw: FloatArray, outdoors: OutdoorAir
    ) -> HallStates:
        """Return the states of one cell of airflow: arrays (outdoor shares, supply cells), then flat."""
        fan_kw, low_kwpk = self.crahs.fan_kw[cell], self.crahs.air_kwpk.low[cell]
        hot_degc = supply.high + air_kw / low_kwpk
        own_kw, removed_kw = outdoors.options(self.crahs.air_kwpk.high[cell], hot_degc, air_kw + fan_kw)
        coil_kw = np.maximum(air_kw + fan_kw - removed_kw, 0.0)
        power_kw = self.it_price * it_kw + fan_kw + own_kw
        flow = self._flow_kwpk(cell, supply, hot_degc, coil_kw, fan_kw)
        return HallStates(power_kw.ravel(), coil_kw.ravel(), flow.reshape(-1, len(self.water)))

    def _flow_kwpk(
        self, cell: int, supply: Cells, hot_degc: FloatArray, coil_kw: FloatArray, fan_kw: float
    ) -> FloatArray:
        """Return the least water (outdoor shares, supply cells, water cells); infinite where supply air could not be so cold."""
        spread_k = np.maximum(hot_degc[:, None] - self.water.low, 0.5)
        flow = self.crahs.water_kwpk(cell, coil_kw[:, :, None] / spread_k)
        ends = zip(self.crahs.coil_kwpk[cell : cell + 2], self._air_ends(cell), strict=True)
        above_k = np.min([coil_kw / coil - (coil_kw - fan_kw) / air for coil, air in ends], axis=0)
        coldest_degc = self.water.low + (1.0 - COIL_TOLERANCE_FRAC) * above_k[:, :, None]
        able = (supply.high[:, None] >= coldest_degc) | (coil_kw[:, :, None] <= 1e-9)
        return np.where(able, flow, np.inf)

    def _air_ends(self, cell: int) -> tuple[float, float]:
        air = self.crahs.air_kwpk
        return float(air.low[cell]), float(air.high[cell])
