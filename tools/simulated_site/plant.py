"""A chilled-water plant: economizer and chillers in series, a tank beside them, pumps, and the loop that carries heat outside.

Energy balances, exact at every step. Chilled side: heat of coils and CDUs + pumps - economizer - chillers + what the tank gives
to the return = change of the heat in the return header. Condenser side: economizer + water-cooled chillers with their compressors
+ pumps = heat gained by the `CondenserLoop`.
"""

from __future__ import annotations

from dataclasses import dataclass

from facility.site import Plant
from tools.simulated_site import plant_values
from tools.simulated_site.chiller_bank import ChillerBank, Waters
from tools.simulated_site.climate import Outdoors
from tools.simulated_site.condenser_loop import CondenserLoop
from tools.simulated_site.control import ramped
from tools.simulated_site.noise import Hidden
from tools.simulated_site.physics.constants import WATER_HEAT_KJPKGK
from tools.simulated_site.physics.exchanger import LEAST_KWPK, Supply
from tools.simulated_site.plant_parts import hidden_plate, hidden_pumps
from tools.simulated_site.sequences import FREE, MECHANICAL, PlantSequence, SequenceState
from tools.simulated_site.setpoints import Key, Setpoints
from tools.simulated_site.tank import SimulatedTank

HEADER_L_PER_KW = 4.0  # chilled water in the return header and pipes, per kW of the largest chiller
SETPOINT_K_PER_S = 0.1 / 60.0
PLATE_OPENS_S, PLATE_CLOSES_S, PLATE_WAITS_S = 600.0, 300.0, 1800.0
PLATE_FROST_DEGC = 4.0  # the economizer's chilled side stays above
MOST_TANK_SHARE = 0.9  # of the water may come from the tank
LEAST_FLOW_FRAC = 0.02  # of the pumps' rating: less is no flow to speak of


@dataclass(slots=True)
class PlantState:
    """What a plant remembers beside its parts."""

    return_degc: float
    supply_degc: float
    setpoint_degc: float
    exchanger_degc: float  # chilled water behind the economizer
    chilled_kwpk: float = 60.0
    condenser_kwpk: float = 0.0
    economizer_kw: float = 0.0
    plate_frac: float = 0.0  # how far the economizer's valve is open
    heat_kw: float = 0.0  # that came back from coils and CDUs, less what heat pumps took
    delivered_frac: float = 1.0  # of the water that coils and CDUs ask for


class SimulatedPlant:
    """One plant."""

    def __init__(
        self, plant: Plant, hidden: Hidden, setpoints: Setpoints, pressure_kpa: float, cycles: float = 3.0
    ) -> None:
        self.plant, self._setpoints = plant, setpoints
        self.chilled = hidden_pumps(plant, "chilled_water", hidden)
        wet = bool(plant.towers or plant.dry_coolers)
        self.condenser = hidden_pumps(plant, "condenser_water", hidden) if wet else None
        condenser_kwpk = self.condenser.rated_kwpk if self.condenser else 0.0
        self.bank = ChillerBank(plant, hidden, self.chilled.rated_kwpk, condenser_kwpk)
        self.outside = CondenserLoop(plant, hidden, setpoints, pressure_kpa, cycles) if wet else None
        self._plate = hidden_plate(plant, self.chilled, self.condenser, hidden) if self.condenser else None
        least_degc, most_degc = plant.leaving_water_min_degc, plant.leaving_water_max_degc
        self.tank = SimulatedTank(plant.tank, least_degc, most_degc) if plant.tank is not None else None
        self._sequence = PlantSequence(plant, setpoints)
        self.sequence_state = SequenceState()
        ratings_kw = [one.rated_cooling_kw for one in plant.chillers]
        rated_kw = max(ratings_kw) if ratings_kw else plant.economizer.rated_kw if plant.economizer else 1.0
        self.header_kjpk = HEADER_L_PER_KW * rated_kw * WATER_HEAT_KJPKGK
        start_degc = min(least_degc + 2.0, most_degc)
        self.state = PlantState(start_degc + 6.0, start_degc, start_degc, start_degc + 6.0)

    @property
    def chilled_degc(self) -> float:
        """The chilled water that leaves the plant."""
        return self.state.supply_degc

    @property
    def supply(self) -> Supply:
        """The chilled water as coils and CDUs get it."""
        return Supply(self.state.supply_degc, self.state.delivered_frac)

    @property
    def return_degc(self) -> float:
        """The water that comes back from the coils."""
        return self.state.return_degc

    @property
    def water_lps(self) -> float:
        """Make-up water."""
        return self.outside.state.makeup_lps if self.outside else 0.0

    @property
    def starts(self) -> int:
        """Compressor starts so far."""
        return sum([machine.state.starts for machine in self.bank.machines])

    @property
    def chillers_on(self) -> list[float]:
        """One for each chiller that runs, else zero."""
        return [float(machine.state.running) for machine in self.bank.machines]

    @property
    def mode(self) -> int:
        """The economizer's mode."""
        return self.sequence_state.mode

    @property
    def cooling_kw(self) -> float:
        """What the chillers take out of the water."""
        return self.bank.cooling_kw

    def step(self, dt_s: float, outdoors: Outdoors, coils_kwpk: float, heat_kw: float) -> None:
        """Advance the plant under the water that coils and CDUs take [kW/K] and the heat that comes back in it [kW]."""
        state = self.state
        state.heat_kw = heat_kw
        self._sequence.step(
            self.sequence_state,
            dt_s,
            short_k=state.supply_degc - state.setpoint_degc,
            return_degc=state.return_degc,
            sink_degc=outdoors.wet_bulb_degc if self.plant.towers else outdoors.temperature_degc,
            basin_degc=self.outside.state.basin_degc if self.outside else outdoors.temperature_degc,
        )
        called = self._called()
        wanted = self._setpoints[(self.plant.id, "leaving_chilled_water_temperature_setpoint_degc")]
        wanted = min(max(wanted, self.plant.leaving_water_min_degc), self.plant.leaving_water_max_degc)
        state.setpoint_degc = ramped(state.setpoint_degc, wanted, SETPOINT_K_PER_S, dt_s)
        tank_kwpk = self._tank_flow_kwpk(dt_s)
        made_kwpk = max(coils_kwpk + tank_kwpk, self.bank.least_kwpk(called))
        state.chilled_kwpk = self.chilled.move(made_kwpk + max(-tank_kwpk, 0.0))
        left_kwpk = max(state.chilled_kwpk - max(tank_kwpk, 0.0), 0.0)
        state.delivered_frac = min(left_kwpk / max(coils_kwpk, LEAST_KWPK), 1.0)
        state.condenser_kwpk = self._move_condenser_water(called)
        self._cool(dt_s, called, outdoors, max(tank_kwpk, -MOST_TANK_SHARE * state.chilled_kwpk))
        if self.outside is not None:
            self.outside.step(dt_s, outdoors, self._gained_kw(), state.condenser_kwpk, self._target_degc())

    def _called(self) -> list[int]:
        """Return the chillers that the sequence asks for: of those able to run, first those in use, then in order."""
        machines = self.bank.machines
        able = [index for index, machine in enumerate(machines) if machine.able]
        able.sort(key=lambda index: (not (machines[index].state.running or machines[index].state.resting), index))
        return able[: self.sequence_state.chillers]

    def _tank_flow_kwpk(self, dt_s: float) -> float:
        """Return the water that charges the tank; negative while it discharges, down to the ride-through that stays in it."""
        if self.tank is None:
            return 0.0
        state, tank = self.state, self.tank
        wanted_kw = self._setpoints[(tank.tank.id, "charge_power_setpoint_kw")]
        reserve_kwh = max(state.heat_kw, 0.0) * tank.tank.reserve_min / 60.0
        if wanted_kw < 0.0 and tank.usable_kwh(state.setpoint_degc + 1.0, state.return_degc) <= reserve_kwh:
            return 0.0
        return tank.flow_kwpk(dt_s, wanted_kw, state.supply_degc, state.return_degc)

    def _move_condenser_water(self, called: list[int]) -> float:
        """Run the condenser pumps for the chillers that run, are called or have to cool down, and for the economizer."""
        if self.condenser is None:
            return 0.0
        machines = self.bank.machines
        total_kwpk = sum([machine.rated_condenser_kwpk for machine in machines])
        taken = [
            machine.rated_condenser_kwpk
            for index, machine in enumerate(machines)
            if machine.state.running or index in called or machine.overheated
        ]
        frac = sum(taken) / total_kwpk if total_kwpk > 0.0 else 0.0
        if self.sequence_state.mode != MECHANICAL:
            frac = max(frac, min(self.chilled.rated_kwpk / self.condenser.rated_kwpk, 1.0))
        return self.condenser.move(frac * self.condenser.rated_kwpk)

    def _cool(self, dt_s: float, called: list[int], outdoors: Outdoors, tank_kwpk: float) -> None:
        """Cool the return water towards the setpoint: the economizer what it can, the chillers the rest."""
        state = self.state
        flow_kwpk = state.chilled_kwpk - max(-tank_kwpk, 0.0)
        self._move_plate_valve(dt_s)
        flows = flow_kwpk > LEAST_FLOW_FRAC * self.chilled.rated_kwpk
        state.economizer_kw = self._economizer_kw(flow_kwpk) if flows else 0.0
        state.exchanger_degc = state.return_degc - (state.economizer_kw / flow_kwpk if flows else 0.0)
        self.bank.step(dt_s, called, self._waters(flow_kwpk if flows else 0.0, outdoors))
        cooling_kw = self.bank.cooling_kw
        made_degc = state.exchanger_degc - (cooling_kw / flow_kwpk if flows else 0.0)
        charge_kw = self._exchange_with_tank(dt_s, tank_kwpk, made_degc, outdoors)
        pumps_kw = self.chilled.state.total_kw
        gained_kw = state.heat_kw + pumps_kw + charge_kw - state.economizer_kw - cooling_kw
        state.return_degc += dt_s * gained_kw / self.header_kjpk

    def _exchange_with_tank(self, dt_s: float, tank_kwpk: float, made_degc: float, outdoors: Outdoors) -> float:
        """Charge or discharge the tank; return the heat that it gives to the return header."""
        state, tank = self.state, self.tank
        state.supply_degc = made_degc
        if tank is None:
            return 0.0
        if tank_kwpk < 0.0:
            share = -tank_kwpk / state.chilled_kwpk
            state.supply_degc = share * tank.bottom_degc + (1.0 - share) * made_degc
        entering_degc = made_degc if tank_kwpk >= 0.0 else state.return_degc
        tank.step(dt_s, tank_kwpk, entering_degc, outdoors.temperature_degc)
        return tank.state.charge_kw

    def _waters(self, flow_kwpk: float, outdoors: Outdoors) -> Waters:
        state = self.state
        return Waters(
            chilled_kwpk=flow_kwpk,
            entering_degc=state.exchanger_degc,
            setpoint_degc=state.setpoint_degc,
            supply_degc=state.supply_degc,
            condenser_kwpk=state.condenser_kwpk,
            condenser_degc=self.outside.state.basin_degc if self.outside else outdoors.temperature_degc,
            outdoor_degc=outdoors.temperature_degc,
        )

    def _move_plate_valve(self, dt_s: float) -> None:
        """Open and close the economizer slowly, so that chillers keep up; it stays open while none of them runs yet."""
        if self.sequence_state.mode != MECHANICAL:
            target, stroke_s = 1.0, PLATE_OPENS_S
        else:
            target, stroke_s = 0.0, PLATE_CLOSES_S if self.bank.running else PLATE_WAITS_S
        self.state.plate_frac = ramped(self.state.plate_frac, target, 1.0 / stroke_s, dt_s)

    def _economizer_kw(self, flow_kwpk: float) -> float:
        """Return what the plate takes: as much as it can, no more than the setpoint asks for, and never near frost.

        Chillers that run keep their least load: the plate gives way before they would stop and start.
        """
        state = self.state
        if self._plate is None or self.outside is None or state.plate_frac <= 0.0:
            return 0.0
        moved_kwpk = state.plate_frac * self._plate.heat_kwpk(flow_kwpk, state.condenser_kwpk)
        able_kw = moved_kwpk * max(state.return_degc - self.outside.state.basin_degc, 0.0)
        target_degc = max(state.setpoint_degc, PLATE_FROST_DEGC)
        left_kw = flow_kwpk * (state.return_degc - target_degc) - self.bank.least_kw()
        return min(able_kw, max(left_kw, 0.0))

    def _gained_kw(self) -> float:
        """Return the heat that the condenser water takes up."""
        pumps_kw = self.condenser.state.total_kw if self.condenser else 0.0
        return self.state.economizer_kw + self.bank.to_condensers_kw() + pumps_kw

    def _target_degc(self) -> float:
        """Return the water that the towers aim for: as set, but cold enough for an economizer that has to carry all."""
        wanted = self._setpoints[(self.plant.id, "condenser_water_temperature_setpoint_degc")]
        mode, economizer = self.sequence_state.mode, self.plant.economizer
        if mode != FREE or economizer is None:
            return wanted
        return min(wanted, self.state.setpoint_degc - economizer.approach_k - 0.5)

    def fail(self, equipment: str) -> None:
        """Put a machine out of order."""
        self._break(equipment, broken=True)

    def repair(self, equipment: str) -> None:
        """Put a machine in order again."""
        self._break(equipment, broken=False)

    def _break(self, equipment: str, *, broken: bool) -> None:
        for machine in self.bank.machines:
            if machine.nameplate.id == equipment:
                machine.state.broken = broken
        groups = [(pumps.ids, pumps.state.broken) for pumps in (self.chilled, self.condenser) if pumps is not None]
        if self.outside is not None:
            groups.append(([one.id for one in self.outside.nameplates], self.outside.state.broken))
        for ids, out in groups:
            if equipment in ids:
                out.append(equipment) if broken else out.remove(equipment)

    def units(self) -> dict[str, tuple[list[float], float]]:
        """Return the capacity [kW] of each unit that works and what the load takes, by group."""
        return plant_values.units_of(self)

    def power_kw(self) -> dict[str, float]:
        """Return the electric power of every machine, by equipment id."""
        return plant_values.power_of(self)

    def values(self) -> dict[Key, float]:
        """Return the plant's true values; electric power is the meters' to tell."""
        return plant_values.values_of(self)

    def stored_kj(self) -> float:
        """Return the heat stored above 0 C in header, condenser water and tank, for balances."""
        condenser_kj = self.outside.water_kjpk * self.outside.state.basin_degc if self.outside else 0.0
        tank_kj = self.tank.stored_kj() if self.tank else 0.0
        return self.header_kjpk * self.state.return_degc + condenser_kj + tank_kj

    @property
    def tank_kwh(self) -> float:
        """Cold in the tank."""
        return self.tank.cold_kwh if self.tank else 0.0
