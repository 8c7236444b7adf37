"""The true value of every quantity of a simulated site, from all its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.simulated_site.setpoints import Key

if TYPE_CHECKING:
    from tools.simulated_site.simulation import SimulatedSite


def values_of(site: SimulatedSite) -> dict[Key, float]:
    """Return all true values; the order of the keys never changes."""
    found = site.setpoints.values()
    for hall in site.halls:
        found |= hall.values()
    for loop in site.loops:
        found |= loop.values()
    for plant in site.plants:
        found |= plant.values()
    for battery in site.batteries:
        found |= battery.values()
    for pump in site.heat_pumps:
        found |= pump.values()
    found |= site.workload.values() | site.reuse.values()
    found |= site.metering.values(site.time.timestamp(), site.rack_load.it_kw)
    return found | site.faults.hall_values() | _weather_values(site)


def _weather_values(site: SimulatedSite) -> dict[Key, float]:
    station, outdoors = site.site.weather.station, site.outdoors
    return {
        (station, "outdoor_temperature_degc"): outdoors.temperature_degc,
        (station, "outdoor_relative_humidity_frac"): outdoors.relative_humidity_frac,
        (station, "outdoor_wet_bulb_degc"): outdoors.wet_bulb_degc,
    }
