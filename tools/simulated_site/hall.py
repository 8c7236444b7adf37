"""A hall: CRAHs that blow a plenum, racks that breathe from it, and the masses that slow all of it.

Balances, exact at every step. Heat: racks to air + CRAH fans + outdoor air + humidifier - coils = change of the heat stored in
racks, cold and hot air; coils give sensible heat and that of their condensate to the water. Water: see `humidity`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields

import numpy as np

from facility.records import FloatArray
from facility.site import Crah, Hall
from tools.simulated_site.air_paths import air_paths
from tools.simulated_site.airside import AirsideState, SimulatedAirside
from tools.simulated_site.climate import Outdoors
from tools.simulated_site.coils import Contact
from tools.simulated_site.control import settled_frac
from tools.simulated_site.crahs import CrahsState, Intake, SimulatedCrahs
from tools.simulated_site.humidity import HumidifierState, Moisture, SimulatedHumidifier, made_up_kgpkg, settle
from tools.simulated_site.noise import Hidden
from tools.simulated_site.physics.air import (
    dew_point_of_humidity_degc,
    humidity_kgpkg,
    relative_humidity_frac,
    saturation_pressure_kpa,
)
from tools.simulated_site.physics.constants import AIR_HEAT_KJPKGK, SECONDS_PER_HOUR, VAPORISATION_0C_KJPKG
from tools.simulated_site.physics.exchanger import Supply
from tools.simulated_site.racks import Racks
from tools.simulated_site.servers import RackLoad
from tools.simulated_site.setpoints import Key, Setpoints

HOT_AIR_SHARE, COLD_AIR_SHARE = (
    0.35,
    0.1,
)  # of the hall's thermal mass, with what the air sweeps; the rest sits in the racks
RACK_EFFECTIVENESS = 0.8  # how far air leaving a rack comes to the temperature of its mass
SENSOR_S = 45.0
AIR_CHANGE_S = 18.0  # the hall's air over the CRAHs' rated airflow
SEA_LEVEL_KPA = 101.325
STABLE = 0.5  # longest step over the time in which the hot air is changed
PROTECT_K, RELEASE_K = 2.0, -1.0  # above the recommended inlet: local override, and its end
UNEVEN_MIX = 0.15  # outdoor air does not mix evenly before the coils


@dataclass(slots=True)
class HallState:
    """What a hall remembers."""

    hot_degc: float
    cold_degc: FloatArray  # what the floor gives to each rack
    rack_degc: FloatArray  # mass of each rack
    air_degc: FloatArray  # that enters each rack
    inlet_degc: FloatArray  # as servers and sensors feel it
    humidity_kgpkg: float
    crahs: CrahsState
    airside: AirsideState | None
    humidifier: HumidifierState | None
    dew_point_degc: float = 8.0
    needed_kw: float = 0.0
    protecting: bool = False
    smoke: bool = False  # an input from the fire panel: closes the dampers


@dataclass(frozen=True, slots=True)
class Flows:
    """Heat [kW] and water [kg/s] through the hall's boundary in a step, for balances."""

    rack_kw: float
    fan_kw: float
    outdoor_kw: float  # brought by outdoor air, less what leaves with hall air; sensible
    humidifier_kw: float  # sensible
    sensible_kw: float  # taken by the coils
    condensate_kgps: float
    outdoor_kgps: float
    steam_kgps: float


class SimulatedHall:
    """One hall with its CRAHs."""

    def __init__(self, hall: Hall, crahs: tuple[Crah, ...], racks: Racks, hidden: Hidden, setpoints: Setpoints) -> None:
        self.hall_id, self.crahs = hall.id, crahs
        self.racks = racks.where_hall(hall.id)
        self._ids = racks.ids[self.racks]
        self._limit_degc = hall.limits.inlet_max_degc
        self._machines = SimulatedCrahs(crahs, hidden, setpoints)
        self._airside = SimulatedAirside(hall.economizer, hidden, setpoints) if hall.economizer else None
        self._humidifier = SimulatedHumidifier(hall.humidifier) if hall.humidifier else None
        self._paths = air_paths(racks, self.racks, crahs, hidden)
        self._uneven = [hidden.between(f"{crah.id}.mixing", -UNEVEN_MIX, UNEVEN_MIX) for crah in crahs]
        mass_kjpk = hall.thermal_mass_kwh_per_k * SECONDS_PER_HOUR * hidden.around(f"{hall.id}.mass", 1.0, 0.15)
        self.hot_kjpk = HOT_AIR_SHARE * mass_kjpk
        self.cold_kjpk = COLD_AIR_SHARE * mass_kjpk / len(self._ids)
        self.rack_kjpk = (1.0 - HOT_AIR_SHARE - COLD_AIR_SHARE) * mass_kjpk / len(self._ids)
        rated_kwpk = self._machines.rated_kwpk
        self.longest_step_s = STABLE * self.hot_kjpk / rated_kwpk
        self.air_kg = AIR_CHANGE_S * rated_kwpk / AIR_HEAT_KJPKGK * hidden.around(f"{hall.id}.volume", 1.0, 0.2)
        self._infiltration_kgps = self.air_kg * hidden.between(f"{hall.id}.infiltration", 0.2, 0.5) / SECONDS_PER_HOUR
        self.flows = Flows(*[0.0] * len(fields(Flows)))
        self.state = self._first_state()

    def _first_state(self) -> HallState:
        count = len(self._ids)
        return HallState(
            hot_degc=30.0,
            cold_degc=np.full(count, 19.5),
            rack_degc=np.full(count, 33.0),
            air_degc=np.full(count, 21.0),
            inlet_degc=np.full(count, 21.0),
            humidity_kgpkg=humidity_kgpkg(8.0, SEA_LEVEL_KPA),
            crahs=self._machines.state,
            airside=self._airside.state if self._airside else None,
            humidifier=self._humidifier.state if self._humidifier else None,
        )

    def step(self, dt_s: float, load: RackLoad, supplies: Mapping[str, Supply], outdoors: Outdoors) -> None:
        """Advance the hall.

        Parameters
        ----------
        dt_s
            Step [s].
        load
            What its racks give off and draw.
        supplies
            Water that arrives from each plant.
        outdoors
            Outdoor air.
        """
        parts = max(math.ceil(dt_s / self.longest_step_s), 1)
        self.flows = self._advance(dt_s / parts, load, supplies, outdoors)
        if parts > 1:
            self._go_on(dt_s, parts, load, supplies, outdoors)
        self.state.needed_kw = self.flows.rack_kw + sum(self.fan_kw())

    def _go_on(
        self, dt_s: float, parts: int, load: RackLoad, supplies: Mapping[str, Supply], outdoors: Outdoors
    ) -> None:
        """Advance by the parts after the first; leave the means of the whole step."""
        states = self._machines.state.machines
        flows, coils_kw = [self.flows], [[state.coil_kw for state in states]]
        for _ in range(parts - 1):
            flows.append(self._advance(dt_s / parts, load, supplies, outdoors))
            coils_kw.append([state.coil_kw for state in states])
        self.flows = _mean(flows)
        for state, column in zip(states, zip(*coils_kw, strict=True), strict=True):
            state.coil_kw = sum(column) / parts

    def _advance(self, dt_s: float, load: RackLoad, supplies: Mapping[str, Supply], outdoors: Outdoors) -> Flows:
        state, machines = self.state, self._machines
        density_frac = outdoors.pressure_kpa / SEA_LEVEL_KPA
        self._watch_racks()
        air_kwpk = machines.blow(dt_s, density_frac, protecting=state.protecting)
        outdoor_kgpkg = humidity_kgpkg(outdoors.dew_point_degc, outdoors.pressure_kpa)
        intakes = self._mix(dt_s, air_kwpk, outdoors, outdoor_kgpkg)
        surfaces = machines.cool(
            dt_s, air_kwpk, intakes, supplies, pressure_kpa=outdoors.pressure_kpa, protecting=state.protecting
        )
        mixed_kwpk = sum([kwpk * intake.outdoor_frac for kwpk, intake in zip(air_kwpk, intakes, strict=True)])
        warmer_k = outdoors.temperature_degc - state.hot_degc
        leaked_kw = self._infiltration_kgps * AIR_HEAT_KJPKGK * warmer_k
        sensible_kw = [one.sensible_kw(intake.degc) for one, intake in zip(surfaces, intakes, strict=True)]
        moisture = self._humidify(
            dt_s,
            mixed_kwpk=mixed_kwpk,
            intakes=intakes,
            outdoor_kgpkg=outdoor_kgpkg,
            surfaces=surfaces,
            pressure_kpa=outdoors.pressure_kpa,
        )
        for one, kw, kgps in zip(machines.state.machines, sensible_kw, moisture.condensate_kgps, strict=True):
            one.coil_kw = kw + VAPORISATION_0C_KJPKG * kgps
        humidifier = self._humidifier
        humidifier_kw = humidifier.sensible_kw if humidifier else 0.0
        rack_kw = float(load.air_kw.sum())
        self._breathe(dt_s, load, air_kwpk, density_frac, rack_kw + leaked_kw + humidifier_kw)
        return Flows(
            rack_kw=rack_kw,
            fan_kw=sum(self.fan_kw()),
            outdoor_kw=mixed_kwpk * warmer_k + leaked_kw,
            humidifier_kw=humidifier_kw,
            sensible_kw=sum(sensible_kw),
            condensate_kgps=sum(moisture.condensate_kgps),
            outdoor_kgps=moisture.outdoor_kgps,
            steam_kgps=humidifier.steam_kgps if humidifier else 0.0,
        )

    def _watch_racks(self) -> None:
        """Override the setpoints while a rack overheats: fans to full, supply air as cold as it may be."""
        over_k = float(self.state.inlet_degc.max()) - self._limit_degc
        if over_k > PROTECT_K:
            self.state.protecting = True
        elif over_k < RELEASE_K:
            self.state.protecting = False

    def _mix(self, dt_s: float, air_kwpk: list[float], outdoors: Outdoors, outdoor_kgpkg: float) -> list[Intake]:
        """Return what the CRAHs draw."""
        state = self.state
        warmer_k = outdoors.temperature_degc - state.hot_degc
        wetter_kgpkg = outdoor_kgpkg - state.humidity_kgpkg
        return [
            Intake(state.hot_degc + frac * warmer_k, state.humidity_kgpkg + frac * wetter_kgpkg, frac)
            for frac in self._outdoor_frac(dt_s, air_kwpk, outdoors)
        ]

    def _outdoor_frac(self, dt_s: float, air_kwpk: list[float], outdoors: Outdoors) -> list[float]:
        if self._airside is None:
            return [0.0] * len(air_kwpk)
        states = self._machines.state.machines
        moved_kwpk = sum(air_kwpk)
        wanted_degc = sum([state.setpoint_degc for state in states]) / len(states)
        if moved_kwpk > 0.0:
            wanted_degc -= sum(self.fan_kw()) / moved_kwpk
        mean_frac = self._airside.step(
            dt_s,
            outdoors,
            hot_degc=self.state.hot_degc,
            wanted_degc=wanted_degc,
            moved_kwpk=moved_kwpk,
            shut=self.state.smoke or any(state.frozen for state in states),
        )
        return [mean_frac * (1.0 + uneven * (1.0 - mean_frac)) for uneven in self._uneven]

    def _humidify(
        self,
        dt_s: float,
        *,
        mixed_kwpk: float,
        intakes: list[Intake],
        outdoor_kgpkg: float,
        surfaces: list[Contact],
        pressure_kpa: float,
    ) -> Moisture:
        state, humidifier = self.state, self._humidifier
        if humidifier is not None:
            humidifier.step(dt_s, state.dew_point_degc)
        moisture = settle(
            dt_s,
            state.humidity_kgpkg,
            air_kg=self.air_kg,
            outdoor_kgpkg=outdoor_kgpkg,
            infiltration_kgps=self._infiltration_kgps,
            infiltration_kgpkg=made_up_kgpkg(outdoor_kgpkg, pressure_kpa),
            mixed_kgps=mixed_kwpk / AIR_HEAT_KJPKGK,
            mixed_frac=[intake.outdoor_frac for intake in intakes],
            steam_kgps=humidifier.steam_kgps if humidifier else 0.0,
            coils=surfaces,
        )
        state.humidity_kgpkg = moisture.humidity_kgpkg
        state.dew_point_degc = dew_point_of_humidity_degc(moisture.humidity_kgpkg, pressure_kpa)
        return moisture

    def _breathe(
        self, dt_s: float, load: RackLoad, air_kwpk: list[float], density_frac: float, gained_kw: float
    ) -> None:
        """Move the air through floor, racks and return; `gained_kw` of racks, leaks and humidifier ends in the hot air."""
        state, paths = self.state, self._paths
        supply_degc = [one.supply_degc for one in self._machines.state.machines]
        drawn_kwpk = density_frac * load.air_kwpk
        given_kwpk, given_degc = paths.supplied(air_kwpk, supply_degc, self._machines.let_back_kwpk(density_frac))
        through_degc, after_degc = _through(state.cold_degc, given_degc, dt_s / self.cold_kjpk * given_kwpk)
        cold_frac, cold_degc = paths.cold_air(given_kwpk, through_degc, drawn_kwpk)
        inlet_degc = paths.inlet_degc(cold_frac, cold_degc, state.hot_degc, state.rack_degc, RACK_EFFECTIVENESS)
        lift_kwpk = RACK_EFFECTIVENESS * drawn_kwpk
        settling_degc = inlet_degc + load.air_kw / np.maximum(lift_kwpk, 1e-6)
        rack_degc = _settled(state.rack_degc, settling_degc, dt_s / self.rack_kjpk * lift_kwpk)
        kept_kj = self.rack_kjpk * float((rack_degc - state.rack_degc).sum())
        kept_kj += self.cold_kjpk * float((after_degc - state.cold_degc).sum())
        taken_kw = sum([kwpk * (state.hot_degc - degc) for kwpk, degc in zip(air_kwpk, supply_degc, strict=True)])
        state.hot_degc += (dt_s * (gained_kw - taken_kw) - kept_kj) / self.hot_kjpk
        state.cold_degc, state.rack_degc, state.air_degc = after_degc, rack_degc, inlet_degc
        state.inlet_degc = state.inlet_degc + settled_frac(dt_s, SENSOR_S) * (inlet_degc - state.inlet_degc)

    def demand_on(self, plant: str) -> tuple[float, float]:
        """Return the chilled water that coils take from a plant, as a capacity rate [kW/K], and the heat in it [kW]."""
        return self._machines.demand_on(plant)

    def fan_kw(self) -> list[float]:
        """Return each CRAH's fan power."""
        return [one.fan_kw for one in self._machines.state.machines]

    def auxiliary_kw(self) -> dict[str, float]:
        """Return the power of relief fans (under the economizer's id) and humidifier."""
        found = {}
        if self._airside is not None:
            found[self._airside.economizer.id] = self._airside.state.relief_kw
        if self._humidifier is not None:
            found[self._humidifier.humidifier.id] = self._humidifier.power_kw
        return found

    @property
    def water_lps(self) -> float:
        """Water that the humidifier takes."""
        return self._humidifier.steam_kgps if self._humidifier else 0.0

    @property
    def true_inlet_degc(self) -> FloatArray:
        """The air that enters each rack, as no sensor sees it."""
        return self.state.air_degc

    @property
    def dew_point_degc(self) -> float:
        """Dew point of the hall's air."""
        return self.state.dew_point_degc

    @property
    def relative_humidity_frac(self) -> float:
        """Relative humidity at the mean rack inlet."""
        return relative_humidity_frac(float(self.state.air_degc.mean()), self.state.dew_point_degc)

    def fail(self, equipment: str) -> None:
        """Put a CRAH out of order."""
        self._machines.of(equipment).state.failed = True

    def repair(self, equipment: str) -> None:
        """Put a CRAH back into order."""
        self._machines.of(equipment).state.failed = False

    def units(self) -> tuple[list[float], float]:
        """Return the cooling [kW] that each CRAH in order could give, and what the present load takes [kW]."""
        able_kw = [one.crah.rated_cooling_kw for one in self._machines.machines if not one.state.out]
        return able_kw, self.state.needed_kw

    def stored_kj(self) -> float:
        """Return the sensible heat stored above 0 C, for balances."""
        state = self.state
        in_air_kj = self.hot_kjpk * state.hot_degc + self.cold_kjpk * float(state.cold_degc.sum())
        return in_air_kj + self.rack_kjpk * float(state.rack_degc.sum())

    def vapour_kg(self) -> float:
        """Return the water in the hall's air, for balances."""
        return self.air_kg * self.state.humidity_kgpkg

    def values(self) -> dict[Key, float]:
        """Return the true values of the hall's racks, CRAHs, economizer and humidifier."""
        state = self.state
        found = self._machines.values()
        vapour_kpa = saturation_pressure_kpa(state.dew_point_degc)
        for rack, inlet_degc in zip(self._ids, state.inlet_degc.tolist(), strict=True):
            found[(rack, "inlet_temperature_degc")] = inlet_degc
            found[(rack, "inlet_relative_humidity_frac")] = min(vapour_kpa / saturation_pressure_kpa(inlet_degc), 1.0)
        return_humidity = min(vapour_kpa / saturation_pressure_kpa(state.hot_degc), 1.0)
        for crah in self.crahs:
            found[(crah.id, "return_air_temperature_degc")] = state.hot_degc
            found[(crah.id, "return_air_relative_humidity_frac")] = return_humidity
        for part in (self._airside, self._humidifier):
            if part is not None:
                found |= part.values()
        return found


def _through(mass_degc: FloatArray, towards_degc: FloatArray, exchanges: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the mean temperature of masses over a step, and that at its end, on their way to another temperature.

    `exchanges` is the step over each mass's time constant; exact, so that any step is stable.
    """
    gone = -np.expm1(-exchanges)
    gap = mass_degc - towards_degc
    return towards_degc + gap * (gone / np.maximum(exchanges, 1e-9)), mass_degc - gap * gone


def _settled(mass_degc: FloatArray, towards_degc: FloatArray, exchanges: FloatArray) -> FloatArray:
    """Return the temperature of masses at the end of a step only."""
    return mass_degc + np.expm1(-exchanges) * (mass_degc - towards_degc)


def _mean(flows: list[Flows]) -> Flows:
    return Flows(*[sum(column) / len(flows) for column in zip(*map(astuple, flows), strict=True)])
