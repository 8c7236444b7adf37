"""A step of a whole site: the planes of its plants, and what a kW of each pool adds to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facility.records import FloatArray
from tools.simulated_site.least_power.boxes import Box
from tools.simulated_site.least_power.cells import carried_by
from tools.simulated_site.least_power.chain_least import LeastChain, least_chain
from tools.simulated_site.least_power.hall_on_site import HallOnSite
from tools.simulated_site.least_power.loop_least import LeastLoop, least_loop
from tools.simulated_site.least_power.plant_least import LeastPlant, Plane, water_cells
from tools.simulated_site.least_power.racks_least import Share, racks_of_halls
from tools.simulated_site.least_power.water_least import WaterLine, water_line
from tools.simulated_site.liquid import SimulatedLoop
from tools.simulated_site.plant import SimulatedPlant
from tools.simulated_site.simulation import SimulatedSite

WARM_INLET_DEGC = 35.0  # at which cold plates give off the most
HOTTEST_TANK_DEGC = 45.0


@dataclass(frozen=True, slots=True, eq=False)
class StepPlane:
    """A row of `tools.closed_loop.plant.LeastPower`."""

    base_kw: float
    per_it: FloatArray
    per_removed: FloatArray
    base_lps: float
    lps_per_it_kw: FloatArray
    lps_per_removed_kw: FloatArray


class LeastSite:
    """A site over a run whose pools draw about `mean_kw`."""

    def __init__(self, site: SimulatedSite, mean_kw: FloatArray, may_stand: frozenset[str]) -> None:
        self._site = site
        waters = {one.plant.id: water_cells(one) for one in site.plants}
        self._plants = {one.plant.id: LeastPlant(one, waters[one.plant.id], may_stand) for one in site.plants}
        pressure_kpa = site.outdoors.pressure_kpa
        self._halls = [
            HallOnSite(hall, racks, pressure_kpa, waters[hall.crahs[0].plant], may_stand=may_stand)
            for hall, racks in zip(site.halls, racks_of_halls(site), strict=True)
        ]
        self.chain = self._chain(mean_kw, may_stand)
        for hall, slope in zip(self._halls, self.chain.per_it.tolist(), strict=True):
            hall.at_price(1.0 + slope)
        self._loops = [(loop, self._loop(loop, may_stand)) for loop in site.loops]

    def _chain(self, mean_kw: FloatArray, may_stand: frozenset[str]) -> LeastChain:
        names = [hall.hall.hall_id for hall in self._halls]
        hall_kw = np.array([hall.shares.it.kw(mean_kw) for hall in self._halls])
        may_lose = self._site.site.electrical.main_meter in may_stand
        return least_chain(self._site.metering.chain, names, hall_kw, may_lose=may_lose)

    def _loop(self, loop: SimulatedLoop, may_stand: frozenset[str]) -> LeastLoop:
        name = loop.loop.id
        taken_kw = sum(one.pump.rated_heat_kw for one in self._site.heat_pumps if one.pump.source == name)
        stands = any(cdu.id in may_stand for cdu in loop.loop.cdus)
        return least_loop(loop, taken_kw, self._plants[loop.loop.plant].water, may_stand=stands)

    def return_degc(self, loop_id: str, most_it_kw: FloatArray) -> FloatArray:
        """Return the warmest coolant that comes back to a loop in each step (steps,), by the most power of pools (steps, pools)."""
        least = next(one for loop, one in self._loops if loop.loop.id == loop_id)
        return np.array([float(least.return_degc(np.array(self._most_liquid_kw(loop_id, row)))) for row in most_it_kw])

    def _most_liquid_kw(self, loop_id: str, most_it_kw: FloatArray) -> float:
        warm = [hall.racks.shares_at(WARM_INLET_DEGC).liquid for hall in self._halls]
        return sum(one[loop_id].kw(most_it_kw) for one in warm if loop_id in one)

    def step(self, box: Box, least_it_kw: FloatArray, most_it_kw: FloatArray) -> StepPlane:
        """Return the planes of a step; they touch the least power where the pools draw theirs."""
        planes = {one.plant.id: self._plane(one, box, least_it_kw, most_it_kw) for one in self._site.plants}
        per_it = self._per_it({name: plane.per_removed for name, plane in planes.items()})
        power_kw = self.chain.base_kw + sum(plane.power_kw for plane in planes.values())
        lines = [water_line(one, box) for one in self._site.plants]
        return StepPlane(
            power_kw - float(per_it @ least_it_kw),
            per_it,
            np.array([plane.per_removed for plane in planes.values()]),
            *self._water(lines, box),
            np.array([line.per_kw for line in lines]),
        )

    def _water(self, lines: list[WaterLine], box: Box) -> tuple[float, FloatArray]:
        """Return the water that what arises takes at least: that of racks in no pool, and for a kW of each pool."""
        base_lps, per_it = 0.0, np.zeros(len(self._site.site.server_pools))
        for plant, line in zip(self._site.plants, lines, strict=True):
            heat = self._heat_of(plant)
            own_kw = sum(share.own_kw for share in heat) - self._lost_kw(plant, box)
            base_lps += line.base_lps + line.per_kw * own_kw
            per_it = per_it + line.per_kw * sum((share.per_it for share in heat), np.zeros(len(per_it)))
        return base_lps, per_it

    def _plane(self, plant: SimulatedPlant, box: Box, least_it_kw: FloatArray, most_it_kw: FloatArray) -> Plane:
        name = plant.plant.id
        halls = [one for one in self._halls if one.hall.crahs[0].plant == name]
        costs = [one.costs_kw(least_it_kw, box) for one in halls]
        for loop, least in self._loops:
            if loop.loop.plant == name:
                liquid_kw = self._liquid(loop.loop.id).kw(least_it_kw)
                costs.append(least.costs_kw(liquid_kw, self._most_liquid_kw(loop.loop.id, most_it_kw)))
        heat_kw = sum(share.kw(least_it_kw) for share in self._heat_of(plant))
        damped = [one.shares.air for one in halls if one.on_one_plant and one.hall._airside is not None]
        return self._plants[name].plane(
            carried_by(costs, self._plants[name].water),
            box,
            heat_kw,
            damped_kw=sum(share.kw(least_it_kw) for share in damped),
            lost_kw=self._lost_kw(plant, box),
        )

    def _per_it(self, heat_price: dict[str, float]) -> FloatArray:
        """Return what a kW of each pool adds: itself, its losses, and its heat."""
        found = np.zeros(len(self._site.site.server_pools))
        for hall, slope in zip(self._halls, self.chain.per_it.tolist(), strict=True):
            found = found + (1.0 + slope) * hall.shares.it.per_it
        for plant in self._site.plants:
            for share in self._heat_of(plant):
                found = found + heat_price[plant.plant.id] * share.per_it
        return found

    def _heat_of(self, plant: SimulatedPlant) -> list[Share]:
        """Return the heat of racks that goes to a plant."""
        name = plant.plant.id
        found = [one.shares.air for one in self._halls if one.on_one_plant and one.hall.crahs[0].plant == name]
        return found + [self._liquid(loop.loop.id) for loop, _ in self._loops if loop.loop.plant == name]

    def _liquid(self, loop_id: str) -> Share:
        parts = [hall.shares.liquid[loop_id] for hall in self._halls if loop_id in hall.shares.liquid]
        return Share(
            sum((one.per_it for one in parts), np.zeros(len(self._site.site.server_pools))),
            sum(one.own_kw for one in parts),
        )

    def _lost_kw(self, plant: SimulatedPlant, box: Box) -> float:
        """Return the most heat that leaves a plant's halls and tank without the plant."""
        lost_kw = sum(hall.lost_kw(box) for hall in self._halls if hall.hall.crahs[0].plant == plant.plant.id)
        if plant.tank is not None:
            lost_kw += plant.tank.tank.loss_w_per_k / 1000.0 * max(HOTTEST_TANK_DEGC - box.dry_low_degc, 0.0)
        return lost_kw
