"""The halls of a site at their best, as the site needs them: by load and weather, and what heat leaves them unseen."""

from __future__ import annotations

import numpy as np

from facility.records import FloatArray
from tools.simulated_site.hall import SEA_LEVEL_KPA, SimulatedHall
from tools.simulated_site.least_power.boxes import Box
from tools.simulated_site.least_power.cells import Cells
from tools.simulated_site.least_power.crahs_least import least_crahs
from tools.simulated_site.least_power.hall_least import UNDERSHOOT_K, LeastHall
from tools.simulated_site.least_power.outdoor_air import outdoor_air
from tools.simulated_site.least_power.racks_least import HallRacks
from tools.simulated_site.physics.constants import AIR_HEAT_KJPKGK, SECONDS_PER_HOUR, VAPORISATION_0C_KJPKG

OUTDOOR_STEP_K = 0.5  # outdoor air at dampers is rounded down to
FROST_DEGC = 6.0  # colder outdoor air may freeze a coil through the dampers, and its CRAH then stands
HOTTEST_DEGC = 45.0  # air that leaks out of a hall
DRY_K = 4.0  # a humidifier may still run where outdoor air has been so much drier within hours


class HallOnSite:
    """One hall. One whose CRAHs hang on several plants counts without its heat: nobody says which of them takes it."""

    def __init__(
        self, hall: SimulatedHall, racks: HallRacks, pressure_kpa: float, water: Cells, *, may_stand: frozenset[str]
    ) -> None:
        self.hall, self.racks, self._water = hall, racks, water
        self._density_frac = pressure_kpa / SEA_LEVEL_KPA
        self._stands = any(crah.id in may_stand for crah in hall.crahs)
        self.lowest_degc = min(crah.supply_air_min_degc for crah in hall.crahs)
        self.shares = racks.shares_at(self.lowest_degc - UNDERSHOOT_K)
        self.on_one_plant = len({crah.plant for crah in hall.crahs}) == 1
        self._uneven = max(*hall._uneven, 0.0)
        self._it_price = 1.0
        self._costs: dict[tuple[object, ...], FloatArray] = {}
        self._by_fans: dict[bool, LeastHall] = {}

    def at_price(self, it_price: float) -> None:
        """Take in what a kW at the racks draws behind the transformer."""
        self._it_price = it_price

    def costs_kw(self, pool_kw: FloatArray, box: Box) -> FloatArray:
        """Return the least cost (`cells.CostTable`) at a load in a step's weather."""
        outdoors = outdoor_air(self.hall._airside, self._uneven, box, OUTDOOR_STEP_K)
        stands = self._stands or (self.hall._airside is not None and box.dry_low_degc < FROST_DEGC)
        mine = pool_kw * (self.racks.shares.sum(axis=1) > 0.0)
        key = (stands, outdoors.outdoor_degc, outdoors.is_open, *mine.tolist())
        if key not in self._costs:
            costs = self._least(stands).states(mine, outdoors).costs_kw()
            self._costs[key] = costs if self.on_one_plant else np.full(costs.shape, costs[0, 0].min())
        return self._costs[key]

    def lost_kw(self, box: Box) -> float:
        """Return the most heat that leaks out with air, or that a humidifier's water takes up."""
        leak_kwpk = self.hall._infiltration_kgps * AIR_HEAT_KJPKGK
        lost_kw = leak_kwpk * max(HOTTEST_DEGC - box.dry_low_degc, 0.0)
        if self.hall._humidifier is not None:
            one = self.hall._humidifier.humidifier
            if box.dew_low_degc < one.dew_point_min_degc + DRY_K:
                per_kg = VAPORISATION_0C_KJPKG - one.kwh_per_kg * SECONDS_PER_HOUR
                lost_kw += max(per_kg, 0.0) * one.rated_kg_per_h / SECONDS_PER_HOUR
        return lost_kw

    def _least(self, stands: bool) -> LeastHall:
        if stands not in self._by_fans:
            self._by_fans[stands] = LeastHall(
                self.racks,
                self.hall._paths,
                least_crahs(self.hall._machines, self._density_frac, may_stand=stands),
                self._density_frac,
                self.lowest_degc,
                self._it_price,
                self._water,
            )
        return self._by_fans[stands]
