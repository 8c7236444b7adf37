"""The whole site: weather, people, work, halls, liquid loops, plants, battery and the electrical chain, one step at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from facility.records import FloatArray
from facility.site import Site
from tools.simulated_site import snapshot
from tools.simulated_site.battery import SimulatedBattery
from tools.simulated_site.electrical import SimulatedElectrical
from tools.simulated_site.hall import SimulatedHall
from tools.simulated_site.liquid import SimulatedLoop
from tools.simulated_site.noise import Hidden
from tools.simulated_site.operators import Operators
from tools.simulated_site.physics.constants import SECONDS_PER_HOUR
from tools.simulated_site.plant import SimulatedPlant
from tools.simulated_site.racks import racks_of
from tools.simulated_site.sensors import Sensors
from tools.simulated_site.servers import RackLoad
from tools.simulated_site.setpoints import Key, Setpoints
from tools.simulated_site.surroundings import Surroundings, Synthetic
from tools.simulated_site.workload import Workload

LONGEST_STEP_S = 60.0  # explicit balances stay stable up to here
HELD_S = 86_400.0  # people leave a value that came over the network alone for so long
RACK_POWER_FACTOR, MOTOR_POWER_FACTOR, UTILITY_POWER_FACTOR = 0.97, 0.88, 0.95


@dataclass(frozen=True, slots=True)
class Moment:
    """What all devices measure at one time."""

    time: datetime
    measured: dict[Key, float]


class SimulatedSite:
    """A site whose plant is simulated. The same seed, start, surroundings and writes give the same site.

    Without `surroundings` weather and work are synthetic, drawn from the seed; without `operators` nobody touches a setpoint
    but who writes it.
    """

    def __init__(
        self,
        site: Site,
        seed: int,
        start: datetime,
        *,
        surroundings: Surroundings | None = None,
        operators: bool = True,
    ) -> None:
        if start.tzinfo is None:
            raise ValueError("start must be an aware datetime")
        self.site, self.seed, self.time = site, seed, start.astimezone(UTC)
        hidden = Hidden(seed)
        self.setpoints = Setpoints(site)
        self._surroundings: Surroundings = surroundings or Synthetic(site, hidden)
        self._operators = Operators(site, seed) if operators else None
        self.outdoors = self._surroundings.outdoors(self.time)
        self._racks = racks_of(site, hidden)
        self.workload = Workload(site, hidden, self.setpoints, self._racks, self._surroundings)
        self.halls = [
            SimulatedHall(
                hall, tuple(crah for crah in site.crahs if crah.hall == hall.id), self._racks, hidden, self.setpoints
            )
            for hall in site.halls
        ]
        self.loops = [SimulatedLoop(loop, hidden, self.setpoints) for loop in site.liquid_loops]
        pressure_kpa = self.outdoors.pressure_kpa
        self.plants = [SimulatedPlant(plant, hidden, self.setpoints, pressure_kpa) for plant in site.plants]
        self.batteries = [SimulatedBattery(battery, hidden, self.setpoints) for battery in site.batteries]
        self.electrical = SimulatedElectrical(site.electrical, hidden)
        self._held_until_s: dict[Key, float] = {}
        self._rack_energy_kwh = np.array([hidden.between(f"{rack}.counter", 1e3, 9e4) for rack in self._racks.ids])
        self._rng = np.random.default_rng(seed)
        self.rack_load: RackLoad = self.workload.step(1.0, self.time, self._inlets_degc())
        self._move(1.0)
        self._sensors = Sensors(tuple(self.values()), hidden, self._rng)

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
        self._held_until_s[(equipment, quantity)] = self.time.timestamp() + HELD_S

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
        self.rack_load = self.workload.step(dt_s, self.time, self._inlets_degc())
        self._move(dt_s)

    def _operate(self, operators: Operators, before: datetime) -> None:
        now_s = self.time.timestamp()
        for key, value in operators.changes(before, self.time, self._surroundings):
            if self._held_until_s.get(key, 0.0) < now_s:
                self.setpoints.set(key, value)

    def _inlets_degc(self) -> FloatArray:
        return np.concatenate([hall.state.inlet_degc for hall in self.halls])

    def _move(self, dt_s: float) -> None:
        """Let heat flow from the racks to the outside, and electricity the other way."""
        chilled_degc = {plant.plant.id: plant.chilled_degc for plant in self.plants}
        for hall in self.halls:
            hall.step(dt_s, self.rack_load.part(hall.racks), chilled_degc, self.outdoors)
        for loop in self.loops:
            self._move_loop(loop, dt_s, chilled_degc[loop.loop.plant])
        for plant in self.plants:
            kwpk, heat_kw = self._demand_on(plant.plant.id)
            plant.step(dt_s, self.outdoors, kwpk, heat_kw)
        for battery in self.batteries:
            battery.step(dt_s)
        self._meter(dt_s)

    def _move_loop(self, loop: SimulatedLoop, dt_s: float, chilled_degc: float) -> None:
        racks = [index for index, name in enumerate(self._racks.loops) if name == loop.loop.id]
        heat_kw = float(self.rack_load.liquid_kw[racks].sum())
        dew_degc = next(hall.dew_point_degc for hall in self.halls if hall.hall_id == loop.loop.hall)
        loop.step(dt_s, heat_kw, chilled_degc, dew_degc)

    def _demand_on(self, plant: str) -> tuple[float, float]:
        """Return the chilled water that coils and CDUs of a plant take, as a capacity rate, and the heat in it."""
        demands = [hall.demand_on(plant) for hall in self.halls]
        demands += [loop.demand() for loop in self.loops if loop.loop.plant == plant]
        return sum(kwpk for kwpk, _ in demands), sum(heat_kw for _, heat_kw in demands)

    def _meter(self, dt_s: float) -> None:
        it_kw = {hall.hall_id: float(self.rack_load.it_kw[hall.racks].sum()) for hall in self.halls}
        powers = self._plant_power_kw()
        battery_kw = sum(battery.state.power_kw for battery in self.batteries)
        self.electrical.step(dt_s, it_kw, sum(powers.values()) + self._inside_kw(), battery_kw)
        for equipment, power_kw in powers.items():
            self.electrical.count(equipment, power_kw, dt_s)
        self._rack_energy_kwh += self.rack_load.it_kw * dt_s / SECONDS_PER_HOUR

    def _plant_power_kw(self) -> dict[str, float]:
        return {name: kw for plant in self.plants for name, kw in plant.power_kw().items()}

    def mechanical_kw(self) -> float:
        """Return all cooling power: plants, CRAH fans, CDU pumps."""
        return sum(self._plant_power_kw().values()) + self._inside_kw()

    def _inside_kw(self) -> float:
        """Return CRAH and relief fans, humidifiers and CDU pumps: what runs inside the halls."""
        fans_kw = sum(float(hall.fan_kw().sum()) + sum(hall.auxiliary_kw().values()) for hall in self.halls)
        return fans_kw + sum(sum(loop.pump_kw().values()) for loop in self.loops)

    def values(self) -> dict[Key, float]:
        """Return the true value of every quantity of every piece of equipment, setpoints included."""
        parts: Sequence[Any] = (*self.halls, *self.loops, *self.plants, *self.batteries, self.workload)
        found = self.setpoints.values()
        for part in parts:
            found |= part.values()
        return found | self._electrical_values() | self._weather_values()

    def _electrical_values(self) -> dict[Key, float]:
        time_s, chain = self.time.timestamp(), self.electrical
        found, grid = chain.ups_values(time_s), chain.grid(time_s)
        utility_kw = chain.state.utility_kw
        found |= chain.meter_values(self.site.electrical.main_meter, utility_kw, grid, UTILITY_POWER_FACTOR)
        for equipment, power_kw in self._plant_power_kw().items():
            found |= chain.meter_values(equipment, power_kw, grid, MOTOR_POWER_FACTOR)
        for index, rack in enumerate(self._racks.ids):
            found |= chain.meter_values(rack, float(self.rack_load.it_kw[index]), grid, RACK_POWER_FACTOR)
            found[(rack, "energy_kwh")] = float(self._rack_energy_kwh[index])
            found[(rack, "load_state")] = 2.0
        return found

    def _weather_values(self) -> dict[Key, float]:
        station = self.site.weather.station
        return {
            (station, "outdoor_temperature_degc"): self.outdoors.temperature_degc,
            (station, "outdoor_relative_humidity_frac"): self.outdoors.relative_humidity_frac,
            (station, "outdoor_wet_bulb_degc"): self.outdoors.wet_bulb_degc,
        }

    def measured(self) -> dict[Key, float]:
        """Return what the sensors say now."""
        return self._sensors.measure(self.values())

    def _parts(self) -> dict[str, Any]:
        parts: dict[str, Any] = {"workload": self.workload.state, "electrical": self.electrical.state}
        parts |= {f"queue {name}": state for name, state in self.workload.queue_states.items()}
        parts |= {f"hall {hall.hall_id}": hall.state for hall in self.halls}
        parts |= {f"loop {loop.loop.id}": loop.state for loop in self.loops}
        parts |= {f"plant {plant.plant.id}": plant.state for plant in self.plants}
        parts |= {f"sequence {plant.plant.id}": plant.sequence_state for plant in self.plants}
        return parts | {f"battery {battery.battery.id}": battery.state for battery in self.batteries}

    def memory(self) -> dict[str, Any]:
        """Return everything that the site remembers, as plain data."""
        return {
            "site": self.site.id,
            "seed": self.seed,
            "time": self.time.isoformat(),
            "setpoints": [[*key, value] for key, value in self.setpoints.values().items()],
            "held": [[*key, until_s] for key, until_s in self._held_until_s.items()],
            "rack_energy_kwh": self._rack_energy_kwh.tolist(),
            "rng": self._rng.bit_generator.state,
            "parts": {name: snapshot.dump(state) for name, state in self._parts().items()},
        }

    def recall(self, memory: dict[str, Any]) -> None:
        """Go back to what `memory` returned.

        Raises
        ------
        tools.simulated_site.snapshot.SnapshotError
            If it is the memory of another site or seed.
        """
        parts = self._parts()
        if (memory.get("site"), memory.get("seed")) != (self.site.id, self.seed) or set(memory["parts"]) != set(parts):
            raise snapshot.SnapshotError("the state file is of another site or seed; delete it to start anew")
        for name, state in parts.items():
            snapshot.restore(state, memory["parts"][name])
        for equipment, quantity, value in memory["setpoints"]:
            self.setpoints.set((equipment, quantity), value)
        self._held_until_s = {(equipment, quantity): until_s for equipment, quantity, until_s in memory["held"]}
        self._rack_energy_kwh = np.array(memory["rack_energy_kwh"])
        self._rng.bit_generator.state = memory["rng"]
        self.time = datetime.fromisoformat(memory["time"])
        self.outdoors = self._surroundings.outdoors(self.time)
