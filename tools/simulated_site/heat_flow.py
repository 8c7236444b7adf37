"""Where heat goes in a step: from racks into halls and loops, from there to heat pumps and plants."""

from __future__ import annotations

import numpy as np

from facility.records import FloatArray
from facility.site import Site
from tools.simulated_site.climate import Outdoors
from tools.simulated_site.hall import SimulatedHall
from tools.simulated_site.heat_reuse import HeatReuse
from tools.simulated_site.liquid import SimulatedLoop
from tools.simulated_site.noise import Hidden
from tools.simulated_site.plant import SimulatedPlant
from tools.simulated_site.racks import Racks
from tools.simulated_site.servers import RackLoad
from tools.simulated_site.setpoints import Setpoints


class HeatFlow:
    """The halls, loops, heat pumps and plants of a site, and who gives heat to whom."""

    def __init__(
        self, site: Site, racks: Racks, hidden: Hidden, setpoints: Setpoints, *, outdoors: Outdoors, reuse: HeatReuse
    ) -> None:
        crahs = {hall.id: tuple(crah for crah in site.crahs if crah.hall == hall.id) for hall in site.halls}
        self.halls = [SimulatedHall(hall, crahs[hall.id], racks, hidden, setpoints) for hall in site.halls]
        self.loops = [SimulatedLoop(loop, hidden, setpoints) for loop in site.liquid_loops]
        pressure_kpa, cycles = outdoors.pressure_kpa, site.water.cycles_of_concentration
        self.plants = [SimulatedPlant(plant, hidden, setpoints, pressure_kpa, cycles) for plant in site.plants]
        self.reuse = reuse
        self._on_loop = {
            loop.id: np.array([name == loop.id for name in racks.loops], dtype=float) for loop in site.liquid_loops
        }
        self._hall_of = {loop.id: self._hall(loop.hall) for loop in site.liquid_loops}

    def _hall(self, name: str) -> SimulatedHall:
        return next(hall for hall in self.halls if hall.hall_id == name)

    def step(self, dt_s: float, load: RackLoad, outdoors: Outdoors) -> None:
        """Let heat flow."""
        supplies = {plant.plant.id: plant.supply for plant in self.plants}
        for hall in self.halls:
            hall.step(dt_s, load.part(hall.racks), supplies, outdoors)
        for loop in self.loops:
            heat_kw = float(self._on_loop[loop.loop.id] @ load.liquid_kw)
            taken_kw = self.reuse.take_from_loop(dt_s, loop)
            dew_degc = self._hall_of[loop.loop.id].dew_point_degc
            loop.step(dt_s, heat_kw, supplies[loop.loop.plant], dew_degc, taken_kw)
        for plant in self.plants:
            kwpk, heat_kw = self.demand_on(plant.plant.id)
            taken_kw = self.reuse.take_from_plant(dt_s, plant, heat_kw)
            plant.step(dt_s, outdoors, kwpk, heat_kw - taken_kw)

    def demand_on(self, plant: str) -> tuple[float, float]:
        """Return the chilled water that coils and CDUs of a plant take, as a capacity rate [kW/K], and the heat in it [kW]."""
        demands = [hall.demand_on(plant) for hall in self.halls]
        demands += [loop.demand() for loop in self.loops if loop.loop.plant == plant]
        return sum(kwpk for kwpk, _ in demands), sum(heat_kw for _, heat_kw in demands)

    def inlets_degc(self) -> FloatArray:
        """Return what servers breathe, in the order of the racks."""
        return np.concatenate([hall.state.inlet_degc for hall in self.halls])

    def coolant_lost_frac(self) -> FloatArray | float:
        """Return how much of the work each rack drops for want of coolant."""
        return sum(
            loop.throttled_frac * self._on_loop[loop.loop.id] for loop in self.loops if loop.throttled_frac > 0.0
        )
