"""Electricity from the machines up to the utility: who draws what, what the chain loses, and what every meter counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from facility.records import FloatArray
from facility.site import Site
from tools.simulated_site.electrical import SimulatedElectrical
from tools.simulated_site.noise import Hidden
from tools.simulated_site.physics.constants import SECONDS_PER_HOUR
from tools.simulated_site.racks import Racks
from tools.simulated_site.setpoints import Key

if TYPE_CHECKING:
    from tools.simulated_site.simulation import SimulatedSite

RACK_POWER_FACTOR, MOTOR_POWER_FACTOR, UTILITY_POWER_FACTOR = 0.97, 0.88, 0.95


class Metering:
    """The meters of a site over its electrical chain."""

    def __init__(self, site: Site, racks: Racks, hidden: Hidden) -> None:
        self.chain = SimulatedElectrical(site.electrical, hidden)
        self._racks, self._main_meter = racks, site.electrical.main_meter
        self._slices = {hall.id: racks.where_hall(hall.id) for hall in site.halls}
        self.rack_energy_kwh = np.array([hidden.between(f"{rack}.counter", 1e3, 9e4) for rack in racks.ids])
        self.it_kw = 0.0
        self.cooling_kw = 0.0
        self.motors_kw: dict[str, float] = {}  # with meters of their own
        self.movers_kw: dict[str, float] = {}  # CRAH fans and CDU pumps, which their controllers measure
        self.photovoltaics_kw: dict[str, float] = {}

    def step(self, dt_s: float, site: SimulatedSite) -> None:
        """Take all power of a step and count it."""
        it_kw = site.rack_load.it_kw
        by_hall = {hall: float(it_kw[racks].sum()) for hall, racks in self._slices.items()}
        self.it_kw = sum(by_hall.values())
        cooling = _cooling_kw(site)
        pumps = {pump.pump.id: pump.state.power_kw for pump in site.heat_pumps}
        self.movers_kw = _movers_kw(site)
        self.cooling_kw = sum(cooling.values()) + sum(self.movers_kw.values())
        self.motors_kw = cooling | pumps
        self.photovoltaics_kw = {array.array.id: array.state.power_kw for array in site.photovoltaics}
        battery_kw = sum(battery.state.power_kw for battery in site.batteries)
        own_kw = battery_kw - sum(self.photovoltaics_kw.values())
        self.chain.step(dt_s, by_hall, self.cooling_kw + sum(pumps.values()), own_kw)
        for equipment, power_kw in (*self.motors_kw.items(), *self.photovoltaics_kw.items()):
            self.chain.count(equipment, power_kw, dt_s)
        self.rack_energy_kwh = self.rack_energy_kwh + it_kw * (dt_s / SECONDS_PER_HOUR)

    def power_kw(self) -> dict[str, float]:
        """Return what every machine draws; arrays of photovoltaics draw less than nothing."""
        made = {name: -kw for name, kw in self.photovoltaics_kw.items()}
        return self.motors_kw | self.movers_kw | made

    def values(self, time_s: float, it_kw: FloatArray) -> dict[Key, float]:
        """Return what the meters, the UPS and the rack PDUs see."""
        chain = self.chain
        found, grid = chain.ups_values(time_s) | chain.status_values(), chain.grid(time_s)
        found |= chain.meter_values(self._main_meter, chain.state.utility_kw, grid, UTILITY_POWER_FACTOR)
        for equipment, power_kw in (*self.motors_kw.items(), *self.photovoltaics_kw.items()):
            found |= chain.meter_values(equipment, power_kw, grid, MOTOR_POWER_FACTOR)
        kwh = self.rack_energy_kwh.tolist()
        for rack, power_kw, energy_kwh in zip(self._racks.ids, it_kw.tolist(), kwh, strict=True):
            found |= chain.meter_values(rack, power_kw, grid, RACK_POWER_FACTOR)
            found[(rack, "energy_kwh")] = energy_kwh
            found[(rack, "load_state")] = 2.0
        return found


def _cooling_kw(site: SimulatedSite) -> dict[str, float]:
    """Return what makes cold and is metered: plants, relief fans, humidifiers."""
    parts: Sequence[dict[str, float]] = [plant.power_kw() for plant in site.plants]
    found = {name: kw for part in parts for name, kw in part.items()}
    return found | {name: kw for hall in site.halls for name, kw in hall.auxiliary_kw().items()}


def _movers_kw(site: SimulatedSite) -> dict[str, float]:
    found = {crah.id: kw for hall in site.halls for crah, kw in zip(hall.crahs, hall.fan_kw(), strict=True)}
    return found | {name: kw for loop in site.loops for name, kw in loop.pump_kw().items()}
