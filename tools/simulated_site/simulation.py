"""The whole site: weather, people, work, heat from the racks to the outside and electricity the other way, a step at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from facility.site import Site
from tools.simulated_site import memory, site_values
from tools.simulated_site.battery import SimulatedBattery
from tools.simulated_site.climate import Outdoors
from tools.simulated_site.faults import Faults
from tools.simulated_site.hall import SimulatedHall
from tools.simulated_site.heat_flow import HeatFlow
from tools.simulated_site.heat_pump import SimulatedHeatPump
from tools.simulated_site.heat_reuse import HeatReuse
from tools.simulated_site.liquid import SimulatedLoop
from tools.simulated_site.metering import Metering
from tools.simulated_site.noise import Hidden
from tools.simulated_site.operators import Operators
from tools.simulated_site.outages import Outages
from tools.simulated_site.photovoltaics import SimulatedPhotovoltaics
from tools.simulated_site.plant import SimulatedPlant
from tools.simulated_site.racks import racks_of
from tools.simulated_site.sensors import Sensors
from tools.simulated_site.servers import RackLoad
from tools.simulated_site.setpoints import Key, Setpoints
from tools.simulated_site.surroundings import Surroundings, Synthetic
from tools.simulated_site.workload import Workload

LONGEST_STEP_S = 60.0  # explicit balances stay stable up to here
HELD_S = 86_400.0  # people leave a value that came over the network alone for so long


@dataclass(frozen=True, slots=True)
class Moment:
    """What all devices measure at one time."""

    time: datetime
    measured: dict[Key, float]


class SimulatedSite:
    """A site whose plant is simulated. The same seed, start, surroundings and writes give the same site.

    Without `surroundings` weather and work are synthetic, drawn from the seed; without `operators` nobody touches a setpoint
    but who writes it. Files that the site file names are looked for in `folder`.
    """

    def __init__(
        self,
        site: Site,
        seed: int,
        start: datetime,
        *,
        surroundings: Surroundings | None = None,
        operators: bool = True,
        folder: Path = Path(),
    ) -> None:
        if start.tzinfo is None:
            raise ValueError("start must be an aware datetime")
        self.site, self.seed, self.time = site, seed, start.astimezone(UTC)
        hidden = Hidden(seed)
        self.setpoints = Setpoints(site)
        self.held_until_s: dict[Key, float] = {}
        self._surroundings: Surroundings = surroundings or Synthetic(site, hidden)
        self._operators = Operators(site, seed) if operators else None
        self.outdoors: Outdoors = self._surroundings.outdoors(self.time)
        self.faults = Faults(site)
        racks = racks_of(site, hidden)
        self.workload = Workload(site, hidden, self.setpoints, racks, self._surroundings)
        self.heat_pumps = [SimulatedHeatPump(pump, hidden, self.setpoints) for pump in site.heat_pumps]
        self.reuse = HeatReuse(site, self.heat_pumps, self._surroundings, folder)
        self.flow = HeatFlow(site, racks, hidden, self.setpoints, outdoors=self.outdoors, reuse=self.reuse)
        self.batteries = [SimulatedBattery(battery, hidden, self.setpoints) for battery in site.batteries]
        self.photovoltaics = [SimulatedPhotovoltaics(array, site, hidden) for array in site.photovoltaics]
        self.metering = Metering(site, racks, hidden)
        self.outages = Outages(self)
        self.water_l = 0.0
        self.rng = np.random.default_rng(seed)
        self.rack_load: RackLoad = self.workload.step(1.0, self.time, self.flow.inlets_degc())
        self._move(1.0)
        self.sensors = Sensors(tuple(self.values()), hidden, self.rng)

    @property
    def halls(self) -> list[SimulatedHall]:
        """The halls, in the order of the site file."""
        return self.flow.halls

    @property
    def loops(self) -> list[SimulatedLoop]:
        """The technology loops, in the order of the site file."""
        return self.flow.loops

    @property
    def plants(self) -> list[SimulatedPlant]:
        """The plants, in the order of the site file."""
        return self.flow.plants

    def step(self, seconds: float) -> None:
        """Advance by some seconds, in steps that the balances bear."""
        left = seconds
        while left > 1e-9:
            dt_s = min(left, LONGEST_STEP_S)
            self._step(dt_s)
            left -= dt_s

    def set(self, equipment: str, quantity: str, value: float) -> None:
        """Put a setpoint in force, as a write over the network does.

        Raises
        ------
        tools.simulated_site.setpoints.SetpointRefusedError
            If there is no such setpoint, or its controller does not accept the value.
        """
        self.setpoints.set((equipment, quantity), value)
        self.held_until_s[(equipment, quantity)] = self.time.timestamp() + HELD_S

    def history(self, step: timedelta, readings_every: timedelta, until: datetime) -> Iterator[Moment]:
        """Run to a time and yield what the devices measure at every multiple of `readings_every` since the epoch."""
        every_s = readings_every.total_seconds()
        while self.time < until:
            due_s = every_s * (self.time.timestamp() // every_s + 1)
            end_s = min(due_s, until.timestamp())
            while (left_s := end_s - self.time.timestamp()) > 1e-6:
                self.step(min(step.total_seconds(), left_s))
            if end_s == due_s:
                yield Moment(self.time, self.measured())

    def _step(self, dt_s: float) -> None:
        before = self.time
        self.time += timedelta(seconds=dt_s)
        self.outdoors = self._surroundings.outdoors(self.time)
        if self._operators is not None:
            self._operate(self._operators, before)
        self.outages.step(dt_s)
        inlets_degc, coolant_lost_frac = self.flow.inlets_degc(), self.flow.coolant_lost_frac()
        self.rack_load = self.workload.step(dt_s, self.time, inlets_degc, coolant_lost_frac)
        self._move(dt_s)

    def _operate(self, operators: Operators, before: datetime) -> None:
        now_s = self.time.timestamp()
        for key, value in operators.changes(before, self.time, self._surroundings):
            if self.held_until_s.get(key, 0.0) < now_s:
                self.setpoints.set(key, value)

    def _move(self, dt_s: float) -> None:
        """Let heat flow from the racks to the outside, and electricity the other way."""
        self.reuse.ask(dt_s, self.time)
        self.flow.step(dt_s, self.rack_load, self.outdoors)
        for battery in self.batteries:
            battery.step(dt_s)
        for array in self.photovoltaics:
            array.step(self.time, self.outdoors.temperature_degc)
        self.metering.step(dt_s, self)
        self.water_l += dt_s * (
            sum(hall.water_lps for hall in self.halls) + sum(plant.water_lps for plant in self.plants)
        )

    def recall_surroundings(self) -> None:
        """Look outside again, after the clock was put somewhere else."""
        self.outdoors = self._surroundings.outdoors(self.time)

    def mechanical_kw(self) -> float:
        """Return all that hangs on the mechanical boards: cooling and heat pumps."""
        return self.metering.cooling_kw + sum(pump.state.power_kw for pump in self.heat_pumps)

    def values(self) -> dict[Key, float]:
        """Return the true value of every quantity of every piece of equipment, setpoints included."""
        return site_values.values_of(self)

    def measured(self) -> dict[Key, float]:
        """Return what the sensors say now; NaN where one is silent."""
        return self.sensors.measure(self.values(), self.time.timestamp(), self.faults)

    def memory(self) -> dict[str, Any]:
        """Return everything that the site remembers, as plain data."""
        return memory.memory_of(self)

    def recall(self, kept: dict[str, Any]) -> None:
        """Go back to what `memory` returned.

        Raises
        ------
        tools.simulated_site.snapshot.SnapshotError
            If it is the memory of another site or seed.
        """
        memory.recall(self, kept)
