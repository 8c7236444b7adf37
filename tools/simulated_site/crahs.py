"""The CRAHs of a hall, of whatever types: fans on a common plenum, coils on their plants' water, and what trips them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from facility.site import Crah
from tools.simulated_site.coils import Contact, contact, hidden_coil
from tools.simulated_site.control import ramped, settled_frac
from tools.simulated_site.noise import Hidden
from tools.simulated_site.physics.exchanger import CLOSED_KWPK, LEAST_KWPK, Supply
from tools.simulated_site.physics.turbo import Curve
from tools.simulated_site.setpoints import Key, Setpoints

VALVE_S = 70.0
FAN_FRAC_PER_S = 0.005
COASTING_FRAC_PER_S = 0.05  # a fan without power stops within half a minute
SETPOINT_K_PER_S = 0.02
FROST_AIR_DEGC, FROST_WATER_DEGC = 4.0, 1.5  # colder air or water on a coil for so long trips it
FROST_S = 60.0
THAWED_AIR_DEGC, THAWED_WATER_DEGC = 8.0, 4.0
THAW_S = 300.0
FAILED, FROZEN = 1.0, 2.0  # fault_status


@dataclass(slots=True)
class CrahState:
    """What a CRAH remembers."""

    valve_kwpk: float  # chilled water that its valve would let through the coil
    fan_frac: float = 0.85  # speed
    flow_frac: float = 0.85  # air moved, over rated
    setpoint_degc: float = 19.0
    supply_degc: float = 19.0
    fan_kw: float = 0.0
    coil_kw: float = 0.0  # heat given to the water, latent heat included
    sensible_share: float = 1.0  # of what a dry coil would do
    failed: bool = False
    frozen: bool = False  # tripped by frost
    frost_s: float = 0.0
    thaw_s: float = 0.0

    @property
    def out(self) -> bool:
        """Whether it does not run."""
        return self.failed or self.frozen


@dataclass(slots=True)
class CrahsState:
    """What the CRAHs of a hall remember."""

    machines: list[CrahState]
    plenum: float = 0.5  # pressure over that of all fans at rated


@dataclass(frozen=True, slots=True)
class Intake:
    """What a CRAH draws: return air mixed with outdoor air."""

    degc: float
    kgpkg: float
    outdoor_frac: float


class SimulatedCrah:
    """One CRAH."""

    def __init__(self, crah: Crah, curve: Curve, hidden: Hidden, setpoints: Setpoints) -> None:
        self.crah, self._curve, self._setpoints = crah, curve, setpoints
        self._coil = hidden_coil(crah, hidden)
        self.rated_kwpk = self._coil.exchanger.rated_hot_kwpk * hidden.around(f"{crah.id}.airflow", 0.98, 0.04)
        self._rated_fan_kw = crah.rated_fan_kw * hidden.around(f"{crah.id}.fan", 1.0, 0.06)
        self._damper_leak = hidden.between(f"{crah.id}.backdraught", 0.01, 0.12)
        self._fan_key = (crah.id, "fan_speed_setpoint_frac")
        self._supply_key = (crah.id, "supply_air_temperature_setpoint_degc")
        self.state = CrahState(0.4 * self._coil.exchanger.rated_cold_kwpk)

    def blow(self, dt_s: float, density_frac: float, plenum: float, *, protecting: bool) -> float:
        """Move the fan towards its setpoint, or to full; return the air it moves [kW/K]."""
        state = self.state
        if state.out:
            state.fan_frac = max(state.fan_frac - COASTING_FRAC_PER_S * dt_s, 0.0)
        else:
            wanted = 1.0 if protecting else max(self._setpoints[self._fan_key], self.crah.min_fan_speed_frac)
            state.fan_frac = ramped(state.fan_frac, wanted, FAN_FRAC_PER_S, dt_s)
        state.flow_frac = self._curve.flow(state.fan_frac, plenum)
        power = 0.0 if state.out else self._curve.power_at(state.fan_frac, state.flow_frac)
        state.fan_kw = density_frac * self._rated_fan_kw * power
        return density_frac * self.rated_kwpk * state.flow_frac

    def let_back_kwpk(self, pushed: float) -> float:
        """Return the air that the plenum would push back through the dampers of a CRAH that stands."""
        return self._damper_leak * self.rated_kwpk * pushed if self.state.fan_frac == 0.0 else 0.0

    def cool(
        self, dt_s: float, air_kwpk: float, intake: Intake, supply: Supply, *, pressure_kpa: float, protecting: bool
    ) -> Contact:
        """Move the valve towards what the supply setpoint needs; return the coil's surface."""
        state, coil = self.state, self._coil
        self._watch_frost(dt_s, intake.degc, supply.degc)
        wanted_degc, lowest_degc = self._setpoints[self._supply_key], self.crah.supply_air_min_degc
        target_degc = lowest_degc if protecting or wanted_degc < lowest_degc else wanted_degc
        state.setpoint_degc = ramped(state.setpoint_degc, target_degc, SETPOINT_K_PER_S, dt_s)
        spread_k = max(intake.degc - supply.degc, 0.0)
        self._move_valve(dt_s, air_kwpk, intake, supply)
        water_kwpk = state.valve_kwpk * supply.delivered_frac
        dry_kw = coil.exchanger.heat_kwpk(air_kwpk, water_kwpk) * spread_k if air_kwpk > 0.0 else 0.0
        surface = contact(
            coil.touching_kwpk(air_kwpk),
            dry_kw,
            air_degc=intake.degc,
            air_kgpkg=intake.kgpkg,
            water_degc=supply.degc,
            pressure_kpa=pressure_kpa,
        )
        sensible_kw = surface.sensible_kw(intake.degc)
        state.sensible_share = min(max(sensible_kw / max(dry_kw, LEAST_KWPK), 0.3), 1.0)
        warmer_k = (state.fan_kw - sensible_kw) / max(air_kwpk, LEAST_KWPK) if air_kwpk > 0.0 else 0.0
        state.supply_degc = intake.degc + warmer_k
        return surface

    def _move_valve(self, dt_s: float, air_kwpk: float, intake: Intake, supply: Supply) -> None:
        state, coil = self.state, self._coil
        if state.out:
            state.valve_kwpk = CLOSED_KWPK
            return
        needed_kw = max(air_kwpk * (intake.degc - state.setpoint_degc) + state.fan_kw, 0.0)
        needed_kwpk = needed_kw / state.sensible_share / max(intake.degc - supply.degc, 0.5)
        target_kwpk = supply.next_valve_kwpk(
            coil.exchanger,
            needed_kwpk,
            hot_kwpk=air_kwpk,
            valve_kwpk=state.valve_kwpk,
            most_kwpk=coil.most_water_kwpk,
        )
        state.valve_kwpk += settled_frac(dt_s, VALVE_S) * (target_kwpk - state.valve_kwpk)

    def _watch_frost(self, dt_s: float, air_degc: float, water_degc: float) -> None:
        """Trip where the coil would freeze; let it start again once air and water have been warm for some minutes."""
        state = self.state
        cold = air_degc < FROST_AIR_DEGC or water_degc < FROST_WATER_DEGC
        state.frost_s = state.frost_s + dt_s if cold else 0.0
        if not state.frozen:
            state.frozen, state.thaw_s = state.frost_s >= FROST_S, 0.0
            return
        warm = air_degc > THAWED_AIR_DEGC and water_degc > THAWED_WATER_DEGC
        state.thaw_s = state.thaw_s + dt_s if warm else 0.0
        state.frozen = state.thaw_s < THAW_S

    @property
    def valve_frac(self) -> float:
        """How far its valve is open."""
        return self.state.valve_kwpk / self._coil.most_water_kwpk


class SimulatedCrahs:
    """The CRAHs of one hall, which blow into one plenum."""

    def __init__(self, crahs: tuple[Crah, ...], hidden: Hidden, setpoints: Setpoints) -> None:
        first = crahs[0].hall
        curve = Curve(
            droop=hidden.between(f"{first}.droop", 0.6, 0.9),
            static_frac=hidden.between(f"{first}.static", 0.02, 0.06),
            shared_frac=hidden.between(f"{first}.plenum", 0.25, 0.35),
        )
        self.machines = [SimulatedCrah(crah, curve, hidden, setpoints) for crah in crahs]
        self.rated_kwpk = sum(one.rated_kwpk for one in self.machines)
        self.state = CrahsState([one.state for one in self.machines])

    def blow(self, dt_s: float, density_frac: float, *, protecting: bool) -> list[float]:
        """Turn the fans; return the air that each moves [kW/K]."""
        plenum = self.state.plenum
        air_kwpk = [one.blow(dt_s, density_frac, plenum, protecting=protecting) for one in self.machines]
        self.state.plenum = (sum(air_kwpk) / (density_frac * self.rated_kwpk)) ** 2
        return air_kwpk

    def let_back_kwpk(self, density_frac: float) -> list[float]:
        """Return the air that the plenum would push back through each CRAH."""
        pushed: float = density_frac * self.state.plenum**0.5
        return [one.let_back_kwpk(pushed) for one in self.machines]

    def cool(
        self,
        dt_s: float,
        air_kwpk: list[float],
        intakes: list[Intake],
        supplies: Mapping[str, Supply],
        *,
        pressure_kpa: float,
        protecting: bool,
    ) -> list[Contact]:
        """Cool the air that each moves; return the coils' surfaces."""
        return [
            one.cool(dt_s, kwpk, intake, supplies[one.crah.plant], pressure_kpa=pressure_kpa, protecting=protecting)
            for one, kwpk, intake in zip(self.machines, air_kwpk, intakes, strict=True)
        ]

    def demand_on(self, plant: str) -> tuple[float, float]:
        """Return the chilled water that coils ask of a plant, as a capacity rate [kW/K], and the heat in it [kW]."""
        mine = [one.state for one in self.machines if one.crah.plant == plant]
        return sum([state.valve_kwpk for state in mine]), sum([state.coil_kw for state in mine])

    def of(self, equipment: str) -> SimulatedCrah:
        """Return a CRAH by its id."""
        return next(one for one in self.machines if one.crah.id == equipment)

    def values(self) -> dict[Key, float]:
        """Return the CRAHs' true values but those of the return air."""
        machines, states = self.machines, self.state.machines
        columns = {
            "supply_air_temperature_degc": [state.supply_degc for state in states],
            "fan_speed_frac": [state.fan_frac for state in states],
            "valve_position_frac": [one.valve_frac for one in machines],
            "fan_power_kw": [state.fan_kw for state in states],
            "on_status": [float(not state.out) for state in states],
            "fault_status": [FAILED if state.failed else FROZEN * state.frozen for state in states],
        }
        return {
            (one.crah.id, name): value
            for name, column in columns.items()
            for one, value in zip(machines, column, strict=True)
        }
