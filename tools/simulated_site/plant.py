"""A chilled-water plant: chillers and a waterside economizer in series, towers, pumps, and the sequences that protect them.

Energy balances, exact at every step: heat of the coils + chilled-water pumps - economizer - chillers = change of the heat stored in
the return header; economizer + chillers + compressors + condenser pumps - towers = change of the heat stored in the basins.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from facility.site import Plant
from tools.simulated_site.climate import Outdoors
from tools.simulated_site.control import ramped, settled_frac
from tools.simulated_site.noise import Hidden
from tools.simulated_site.physics.constants import WATER_HEAT_KJPKGK
from tools.simulated_site.physics.exchanger import water_kwpk
from tools.simulated_site.physics.rejecting import fan_frac_for
from tools.simulated_site.physics.tower import makeup_lps
from tools.simulated_site.plant_parts import hidden_chiller, hidden_dry_cooler, hidden_plate, hidden_pump, hidden_tower
from tools.simulated_site.sequences import MECHANICAL, PARTIAL, PlantSequence, SequenceState
from tools.simulated_site.setpoints import Key, Setpoints

HEADER_L_PER_KW = 4.0  # chilled water in the return header and pipes, per kW of one chiller
BASIN_L_PER_KW = 6.0
COMPRESSOR_S = 90.0
FAN_S = 45.0
FREEZE_DEGC = 3.5
AIR_TO_WATER_K = 5.6  # an air-cooled machine at 35 C outdoors is taken as a water-cooled one at 29.4 C
FROST_BASIN_DEGC = 5.0
MIN_EVAPORATOR_FRAC = 0.35  # of the rated flow, for each running chiller


@dataclass(slots=True)
class PlantState:
    """What a plant remembers."""

    return_degc: float = 14.0
    supply_degc: float = 8.0
    basin_degc: float = 22.0
    setpoint_degc: float = 8.0
    exchanger_degc: float = 14.0  # chilled water behind the economizer
    economizer_kw: float = 0.0
    cooling_kw: float = 0.0  # of the chillers
    fan_frac: float = 0.5
    chilled_kwpk: float = 60.0
    condenser_kwpk: float = 120.0
    rejected_kw: float = 0.0
    compressor_kw: float = 0.0
    entering_condenser_degc: float = 22.0
    chilled_pump_kw: float = 0.0
    condenser_pump_kw: float = 0.0
    starts: int = 0
    fan_kw: float = 0.0
    makeup_lps: float = 0.0
    failed: list[str] = field(default_factory=list)


class SimulatedPlant:
    """One plant."""

    def __init__(self, plant: Plant, hidden: Hidden, setpoints: Setpoints, pressure_kpa: float) -> None:
        self.plant, self._setpoints = plant, setpoints
        self._machines = [hidden_chiller(plant, index, hidden) for index in range(len(plant.chillers))]
        self._towers = [hidden_tower(plant, index, hidden, pressure_kpa) for index in range(len(plant.towers))]
        self._coolers = [hidden_dry_cooler(plant, index, hidden) for index in range(len(plant.dry_coolers))]
        self._chilled = hidden_pump(plant, "chilled_water", hidden)
        self._condenser = hidden_pump(plant, "condenser_water", hidden) if plant.towers or plant.dry_coolers else None
        self._plate = None if self._condenser is None else hidden_plate(plant, self._chilled, self._condenser, hidden)
        self._sequence = PlantSequence(plant, setpoints)
        ratings_kw = [one.rated_cooling_kw for one in plant.chillers]
        rated_kw = max(ratings_kw) if ratings_kw else 0.5 * plant.economizer.rated_kw if plant.economizer else 0.0
        self.header_kjpk = HEADER_L_PER_KW * rated_kw * WATER_HEAT_KJPKGK
        self.basin_kjpk = BASIN_L_PER_KW * rated_kw * WATER_HEAT_KJPKGK
        self.state = PlantState()
        self._compressors_kw = [0.0] * len(plant.chillers)
        self.sequence_state = SequenceState()

    @property
    def chilled_degc(self) -> float:
        """The chilled water that leaves the plant."""
        return self.state.supply_degc

    @property
    def return_degc(self) -> float:
        """The water that comes back from the coils."""
        return self.state.return_degc

    @property
    def water_lps(self) -> float:
        """Make-up water."""
        return self.state.makeup_lps

    @property
    def starts(self) -> int:
        """Compressor starts so far."""
        return self.state.starts

    @property
    def chillers_on(self) -> list[float]:
        """One for each chiller that runs, else zero."""
        return [float(index < self.sequence_state.chillers) for index in range(len(self._machines))]

    @property
    def mode(self) -> int:
        """The economizer's mode."""
        return self.sequence_state.mode

    @property
    def tank_kwh(self) -> float:
        """Cold in the tank."""
        return 0.0

    def fail(self, equipment: str) -> None:
        """Put a machine out of order."""
        self.state.failed.append(equipment)

    def repair(self, equipment: str) -> None:
        """Put a machine in order again."""
        self.state.failed.remove(equipment)

    def units(self) -> dict[str, tuple[list[float], float]]:
        """Return the capacity of each unit that works and what the load takes, by group."""
        failed, state = self.state.failed, self.state
        chillers_kw = [one.rated_cooling_kw for one in self.plant.chillers if one.id not in failed]
        return {"chillers": (chillers_kw, state.cooling_kw)}

    def step(self, dt_s: float, outdoors: Outdoors, coils_kwpk: float, heat_kw: float) -> None:
        """Advance the plant under the coils' water and heat."""
        state = self.state
        before = self.sequence_state.chillers
        self._sequence.step(
            self.sequence_state,
            dt_s,
            short_k=state.supply_degc - state.setpoint_degc,
            return_degc=state.return_degc,
            outdoors=outdoors,
        )
        running = self.sequence_state.chillers
        state.starts += max(running - before, 0)
        wanted = self._setpoints[(self.plant.id, "leaving_chilled_water_temperature_setpoint_degc")]
        wanted = min(max(wanted, self.plant.leaving_water_min_degc), self.plant.leaving_water_max_degc)
        state.setpoint_degc = ramped(state.setpoint_degc, wanted, 0.1 / 60.0, dt_s)
        least_kwpk = MIN_EVAPORATOR_FRAC * water_kwpk(self._chilled.rated_flow) * self._share(running)
        state.chilled_kwpk = max(coils_kwpk, least_kwpk)
        state.chilled_pump_kw = self._chilled.power_kw(state.chilled_kwpk / WATER_HEAT_KJPKGK)
        if self._condenser is None:
            state.basin_degc = outdoors.temperature_degc - AIR_TO_WATER_K
        else:
            state.condenser_kwpk = water_kwpk(self._condenser.rated_flow) * self._share(running)
            state.condenser_pump_kw = self._condenser.power_kw(state.condenser_kwpk / WATER_HEAT_KJPKGK)
        self._cool(dt_s, running)
        state.return_degc += (
            dt_s * (heat_kw + state.chilled_pump_kw - state.economizer_kw - state.cooling_kw) / self.header_kjpk
        )
        if self._condenser is not None:
            self._reject(dt_s, outdoors)

    def _share(self, running: int) -> float:
        return max(running, 1) / max(len(self._machines), 1)

    def _cool(self, dt_s: float, running: int) -> None:
        """Cool the return water towards the setpoint: the economizer what it can, the chillers the rest."""
        state = self.state
        needed_kw = max(state.chilled_kwpk * (state.return_degc - state.setpoint_degc), 0.0)
        state.economizer_kw = min(self._economizer_kw(), needed_kw)
        state.exchanger_degc = state.return_degc - state.economizer_kw / state.chilled_kwpk
        state.entering_condenser_degc = state.basin_degc
        if running:  # a mixing valve keeps the condenser warm enough
            least_degc = self.plant.chillers[0].min_entering_condenser_degc
            state.entering_condenser_degc = max(state.basin_degc, least_degc)
        machines = self._machines[:running]
        capacity_kw = sum(one.capacity_kw(state.setpoint_degc, state.entering_condenser_degc) for one in machines)
        wanted_kw = min(needed_kw - state.economizer_kw, capacity_kw)
        state.cooling_kw += settled_frac(dt_s, COMPRESSOR_S) * (wanted_kw - state.cooling_kw)
        freezing_kw = state.chilled_kwpk * (state.return_degc - FREEZE_DEGC) - state.economizer_kw
        state.cooling_kw = min(max(state.cooling_kw, 0.0), max(freezing_kw, 0.0)) if running else 0.0
        state.supply_degc = state.exchanger_degc - state.cooling_kw / state.chilled_kwpk
        self._compressors_kw = self._compressors()
        state.compressor_kw = sum(self._compressors_kw)

    def _economizer_kw(self) -> float:
        if self._plate is None or self.sequence_state.mode == MECHANICAL:
            return 0.0
        state = self.state
        moved_kwpk = self._plate.heat_kwpk(state.chilled_kwpk, state.condenser_kwpk)
        return moved_kwpk * max(state.return_degc - state.basin_degc, 0.0)

    def _loads_kw(self) -> list[float]:
        """Return the cooling of each chiller: running ones share it by rating."""
        running = self._machines[: self.sequence_state.chillers]
        rated_kw = sum(one.rated_cooling_kw for one in running) or 1.0
        shared = [self.state.cooling_kw * one.rated_cooling_kw / rated_kw for one in running]
        return shared + [0.0] * (len(self._machines) - len(running))

    def _compressors(self) -> list[float]:
        state = self.state
        return [
            one.power_kw(load_kw, state.supply_degc, state.entering_condenser_degc)
            for one, load_kw in zip(self._machines, self._loads_kw(), strict=True)
        ]

    def _basin_setpoint_degc(self) -> float:
        """Return the water the towers aim for: as set, but cold enough to be of use to an economizer that is on."""
        wanted = self._setpoints[(self.plant.id, "condenser_water_temperature_setpoint_degc")]
        if self.sequence_state.mode >= PARTIAL and self.plant.economizer is not None:
            wanted = min(wanted, self.state.setpoint_degc - self.plant.economizer.approach_k - 0.5)
        return max(wanted, FROST_BASIN_DEGC)

    def _reject(self, dt_s: float, outdoors: Outdoors) -> None:
        state = self.state
        gained_kw = state.economizer_kw + state.cooling_kw + state.compressor_kw + state.condenser_pump_kw
        excess_kw = self.basin_kjpk * (state.basin_degc - self._basin_setpoint_degc()) / 300.0
        target_kw = max(gained_kw + excess_kw, 0.0)
        entering_degc = state.basin_degc + gained_kw / state.condenser_kwpk
        cells = self._towers or self._coolers
        count = len(cells)
        cell_lps = state.condenser_kwpk / WATER_HEAT_KJPKGK / count
        sink_degc = outdoors.wet_bulb_degc
        if self._coolers:
            sink_degc = self._coolers[0].coil_air_degc(outdoors.temperature_degc, sink_degc, wet=False)
        wanted = fan_frac_for(cells[0], target_kw / count, entering_degc, cell_lps, sink_degc)
        state.fan_frac += settled_frac(dt_s, FAN_S) * (wanted - state.fan_frac)
        if wanted == 0.0 and state.fan_frac < cells[0].min_fan_frac:
            state.fan_frac = 0.0
        rejected_kw = sum(one.heat_kw(entering_degc, cell_lps, state.fan_frac, sink_degc) for one in cells)
        bypassed = state.fan_frac == 0.0  # with the fans off a bypass valve keeps the basin from overcooling
        state.rejected_kw = min(rejected_kw, target_kw) if bypassed else rejected_kw
        state.makeup_lps = makeup_lps(state.rejected_kw) if self._towers else 0.0
        state.basin_degc += dt_s * (gained_kw - state.rejected_kw) / self.basin_kjpk

    def _fan_kw(self) -> list[float]:
        return [one.fan.power_kw(self.state.fan_frac) for one in self._towers or self._coolers]

    def power_kw(self) -> dict[str, float]:
        """Return the electric power of every machine, by equipment id."""
        found = {one.id: kw for one, kw in zip(self.plant.chillers, self._compressors_kw, strict=True)}
        rejecting = [*self.plant.towers, *self.plant.dry_coolers]
        found |= {one.id: kw for one, kw in zip(rejecting, self._fan_kw(), strict=True)}
        totals = {"chilled_water": self.state.chilled_pump_kw, "condenser_water": self.state.condenser_pump_kw}
        for duty, total_kw in totals.items():
            group = [pump for pump in self.plant.pumps if pump.duty == duty]
            rated_kw = sum(pump.rated_kw for pump in group)
            found |= {pump.id: total_kw * pump.rated_kw / rated_kw for pump in group}
        return found

    def values(self) -> dict[Key, float]:
        """Return the plant's true values; electric power is the meters' to tell."""
        state, plant = self.state, self.plant.id
        found: dict[Key, float] = {
            (plant, "leaving_chilled_water_temperature_degc"): state.supply_degc,
            (plant, "entering_chilled_water_temperature_degc"): state.return_degc,
            (plant, "chilled_water_flow_lps"): state.chilled_kwpk / WATER_HEAT_KJPKGK,
            (plant, "condenser_water_flow_lps"): state.condenser_kwpk / WATER_HEAT_KJPKGK,
            (plant, "entering_condenser_water_temperature_degc"): state.basin_degc,
            (plant, "makeup_water_lps"): state.makeup_lps,
            (plant, "economizer_mode"): float(self.sequence_state.mode),
            (plant, "chillers_staged"): float(self.sequence_state.chillers),
        }
        if self.plant.economizer is not None:
            found[(self.plant.economizer.id, "heat_exchanger_leaving_temperature_degc")] = state.exchanger_degc
        found |= self._chiller_values()
        found |= {(one.id, "fan_speed_frac"): state.fan_frac for one in [*self.plant.towers, *self.plant.dry_coolers]}
        found |= {(one.id, "adiabatic_status"): 0.0 for one in self.plant.dry_coolers}
        return found

    def _chiller_values(self) -> dict[Key, float]:
        state = self.state
        rise_k = (state.cooling_kw + state.compressor_kw) / state.condenser_kwpk
        found: dict[Key, float] = {}
        for index, (chiller, load_kw) in enumerate(zip(self.plant.chillers, self._loads_kw(), strict=True)):
            on = index < self.sequence_state.chillers
            found[(chiller.id, "leaving_chilled_water_temperature_degc")] = state.supply_degc
            found[(chiller.id, "entering_chilled_water_temperature_degc")] = state.exchanger_degc
            leaving_degc = state.entering_condenser_degc + (rise_k if on else 0.0)
            found[(chiller.id, "leaving_condenser_water_temperature_degc")] = leaving_degc
            found[(chiller.id, "load_frac")] = load_kw / chiller.rated_cooling_kw
            found[(chiller.id, "on_status")] = float(on)
            found[(chiller.id, "fault_status")] = float(chiller.id in state.failed)
        return found

    def stored_kj(self) -> float:
        """Return the heat stored above 0 C, for balances."""
        return self.header_kjpk * self.state.return_degc + self.basin_kjpk * self.state.basin_degc
