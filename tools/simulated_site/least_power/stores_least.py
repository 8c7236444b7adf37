"""How much heat the masses of a plant could take up or give up from where they are: halls, loops, header, basins, tank."""

from __future__ import annotations

from collections.abc import Iterator

from facility.records import FloatArray
from tools.simulated_site.chillers import FROST_DEGC
from tools.simulated_site.condenser_loop import HEATER_DEGC
from tools.simulated_site.hall import SimulatedHall
from tools.simulated_site.liquid import SimulatedLoop
from tools.simulated_site.physics.constants import SECONDS_PER_HOUR
from tools.simulated_site.plant import SimulatedPlant
from tools.simulated_site.servers import THROTTLING_K
from tools.simulated_site.simulation import SimulatedSite

Mass = tuple[float, float, float, float]  # kJ/K, temperature now, least and most

RETURN_RISE_K, RACK_RISE_K = 12.0, 22.0  # hot air and racks above inlets
COLDER_K = 2.0  # air under the lowest supply setpoint, in passing
WARMEST_WATER_DEGC, WARMEST_COOLANT_DEGC = 45.0, 60.0


def store_kwh(site: SimulatedSite, plant: SimulatedPlant) -> tuple[float, float]:
    """Return the heat that a plant's masses can take up, and give up.

    Warmer than where servers throttle is no limit of the masses, but of the work: beyond it is paid for.
    """
    masses = list(_masses(site, plant))
    up = sum(mass * max(most - now, 0.0) for mass, now, _, most in masses)
    down = sum(mass * max(now - least, 0.0) for mass, now, least, _ in masses)
    return up / SECONDS_PER_HOUR, down / SECONDS_PER_HOUR


def _masses(site: SimulatedSite, plant: SimulatedPlant) -> Iterator[Mass]:
    for hall in site.halls:
        if any(crah.plant == plant.plant.id for crah in hall.crahs):
            yield from _of_hall(site, hall)
    for loop in site.loops:
        if loop.loop.plant == plant.plant.id:
            yield _of_loop(loop)
    coldest_degc = min(plant.plant.leaving_water_min_degc, FROST_DEGC)
    yield plant.header_kjpk, plant.state.return_degc, coldest_degc, WARMEST_WATER_DEGC
    if plant.outside is not None:
        outside = plant.outside
        least_degc = outside.least_degc if outside._glycol else HEATER_DEGC
        yield outside.water_kjpk, outside.state.basin_degc, least_degc, WARMEST_WATER_DEGC
    if plant.tank is not None:
        for degc in plant.tank.state.layers_degc:
            yield plant.tank.layer_kjpk, degc, coldest_degc, WARMEST_WATER_DEGC


def _of_hall(site: SimulatedSite, hall: SimulatedHall) -> Iterator[Mass]:
    state = hall.state
    racks: FloatArray = site.workload._racks.allowable_max_degc[hall.racks]
    warmest_degc = float(racks.max()) + THROTTLING_K
    coldest_degc = min(crah.supply_air_min_degc for crah in hall.crahs) - COLDER_K
    yield hall.hot_kjpk, state.hot_degc, coldest_degc, warmest_degc + RETURN_RISE_K
    for cold, rack in zip(state.cold_degc.tolist(), state.rack_degc.tolist(), strict=True):
        yield hall.cold_kjpk, cold, coldest_degc, warmest_degc
        yield hall.rack_kjpk, rack, coldest_degc, warmest_degc + RACK_RISE_K


def _of_loop(loop: SimulatedLoop) -> Mass:
    return loop.coolant_kjpk, loop.return_degc, loop.loop.supply_min_degc, WARMEST_COOLANT_DEGC
