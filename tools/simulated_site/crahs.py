"""The CRAHs of a hall, of whatever types: fans on a common plenum, coils on their plants' water, and what trips them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from facility.records import FloatArray
from facility.site import Crah
from tools.simulated_site.coils import Contact, contact, hidden_coils
from tools.simulated_site.control import ramped_array, settled_frac
from tools.simulated_site.noise import Hidden
from tools.simulated_site.physics.exchanger import CLOSED_KWPK, LEAST_KWPK
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
class CrahsState:
    """What the CRAHs remember, one entry each."""

    fan_frac: FloatArray  # speed
    flow_frac: FloatArray  # air moved, over rated
    valve_kwpk: FloatArray  # chilled water through the coil
    setpoint_degc: FloatArray
    supply_degc: FloatArray
    fan_kw: FloatArray
    coil_kw: FloatArray  # heat given to the water, latent heat included
    sensible_share: FloatArray  # of what a dry coil would do
    failed: FloatArray  # 1: out of order
    frozen: FloatArray  # 1: tripped by frost
    frost_s: FloatArray
    thaw_s: FloatArray
    plenum: float = 0.5  # pressure over that of all fans at rated


@dataclass(frozen=True, slots=True, eq=False)
class Intake:
    """What CRAHs draw: return air mixed with outdoor air."""

    degc: FloatArray
    kgpkg: FloatArray
    outdoor_frac: FloatArray
    pressure_kpa: float


class SimulatedCrahs:
    """The CRAHs of one hall."""

    def __init__(self, crahs: tuple[Crah, ...], hidden: Hidden, setpoints: Setpoints) -> None:
        self.crahs, self._setpoints = crahs, setpoints
        self._coils = hidden_coils(crahs, hidden)
        first = crahs[0].hall
        self._curve = Curve(
            droop=hidden.between(f"{first}.droop", 0.6, 0.9),
            static_frac=hidden.between(f"{first}.static", 0.02, 0.06),
            shared_frac=hidden.between(f"{first}.plenum", 0.25, 0.35),
        )
        self.rated_kwpk = self._coils.rated_air_kwpk * _each(crahs, "airflow", 0.98, 0.04, hidden)
        self._rated_fan_kw = np.array([crah.rated_fan_kw for crah in crahs]) * _each(crahs, "fan", 1.0, 0.06, hidden)
        self._damper_leak = np.array([hidden.between(f"{crah.id}.backdraught", 0.01, 0.12) for crah in crahs])
        self._least_frac = np.array([crah.min_fan_speed_frac for crah in crahs])
        self._lowest_degc = np.array([crah.supply_air_min_degc for crah in crahs])
        self._on_plant = {crah.plant: np.array([one.plant == crah.plant for one in crahs]) for crah in crahs}
        self.state = self._first_state(len(crahs))

    def _first_state(self, count: int) -> CrahsState:
        zeros = np.zeros(count)
        return CrahsState(
            fan_frac=np.full(count, 0.85),
            flow_frac=np.full(count, 0.85),
            valve_kwpk=0.4 * self._coils.rated_water_kwpk,
            setpoint_degc=np.full(count, 19.0),
            supply_degc=np.full(count, 19.0),
            fan_kw=zeros,
            coil_kw=zeros,
            sensible_share=np.ones(count),
            failed=zeros.copy(),
            frozen=zeros.copy(),
            frost_s=zeros,
            thaw_s=zeros,
        )

    @property
    def out(self) -> FloatArray:
        """1 for CRAHs that do not run."""
        return np.maximum(self.state.failed, self.state.frozen)

    def blow(self, dt_s: float, density_frac: float, *, protecting: bool) -> FloatArray:
        """Move the fans towards their setpoints, or to full; return the air they move [kW/K]."""
        state, keys = self.state, self._setpoints
        wanted = np.array([keys[(crah.id, "fan_speed_setpoint_frac")] for crah in self.crahs])
        running = self.out == 0.0
        target = np.where(running, 1.0 if protecting else np.maximum(wanted, self._least_frac), 0.0)
        up = ramped_array(state.fan_frac, target, FAN_FRAC_PER_S, dt_s)
        state.fan_frac = np.where(running, up, np.maximum(state.fan_frac - COASTING_FRAC_PER_S * dt_s, 0.0))
        state.flow_frac = self._curve.flow(state.fan_frac, state.plenum)
        state.plenum = float(state.flow_frac @ self.rated_kwpk / self.rated_kwpk.sum()) ** 2
        powered = self._curve.power_at(state.fan_frac, state.flow_frac) * running
        state.fan_kw = density_frac * self._rated_fan_kw * powered
        return density_frac * self.rated_kwpk * state.flow_frac

    def let_back_kwpk(self, density_frac: float) -> FloatArray:
        """Return the air that the plenum would push back through the dampers of CRAHs that stand."""
        still = self.state.fan_frac == 0.0
        pushed: float = density_frac * self.state.plenum**0.5
        return np.where(still, self._damper_leak, 0.0) * self.rated_kwpk * pushed

    def cool(
        self, dt_s: float, air_kwpk: FloatArray, intake: Intake, chilled_degc: Mapping[str, float], *, protecting: bool
    ) -> Contact:
        """Move the valves towards what the supply setpoints need; return the coils' surfaces."""
        state, coils = self.state, self._coils
        water_degc = np.array([chilled_degc[crah.plant] for crah in self.crahs])
        self._watch_frost(dt_s, intake.degc, water_degc)
        running = self.out == 0.0
        self._ramp_setpoints(dt_s, protecting)
        spread_k = np.maximum(intake.degc - water_degc, 0.0)
        needed_kw = np.maximum(air_kwpk * (intake.degc - state.setpoint_degc) + state.fan_kw, 0.0)
        needed_kwpk = needed_kw / state.sensible_share / np.maximum(spread_k, 0.5)
        target = coils.next_water_kwpk(needed_kwpk, air_kwpk, state.valve_kwpk)
        moved = state.valve_kwpk + settled_frac(dt_s, VALVE_S) * (target - state.valve_kwpk)
        state.valve_kwpk = np.where(running, moved, CLOSED_KWPK)
        dry_kw = np.where(air_kwpk > 0.0, coils.heat_kwpk(air_kwpk, state.valve_kwpk) * spread_k, 0.0)
        touching_kwpk = air_kwpk * (1.0 - coils.bypass_frac(air_kwpk))
        surfaces = contact(
            touching_kwpk,
            dry_kw,
            air_degc=intake.degc,
            air_kgpkg=intake.kgpkg,
            water_degc=water_degc,
            pressure_kpa=intake.pressure_kpa,
        )
        sensible_kw = surfaces.sensible_kw(intake.degc)
        state.sensible_share = np.clip(sensible_kw / np.maximum(dry_kw, LEAST_KWPK), 0.3, 1.0)
        state.supply_degc = intake.degc - (sensible_kw - state.fan_kw) / np.maximum(air_kwpk, LEAST_KWPK)
        state.supply_degc = np.where(air_kwpk > 0.0, state.supply_degc, intake.degc)
        return surfaces

    def _ramp_setpoints(self, dt_s: float, protecting: bool) -> None:
        keys = self._setpoints
        wanted = np.array([keys[(crah.id, "supply_air_temperature_setpoint_degc")] for crah in self.crahs])
        target = self._lowest_degc if protecting else np.maximum(wanted, self._lowest_degc)
        self.state.setpoint_degc = ramped_array(self.state.setpoint_degc, target, SETPOINT_K_PER_S, dt_s)

    def _watch_frost(self, dt_s: float, air_degc: FloatArray, water_degc: FloatArray) -> None:
        """Trip CRAHs whose coils would freeze; let them start again once air and water have been warm for some minutes."""
        state = self.state
        cold = (air_degc < FROST_AIR_DEGC) | (water_degc < FROST_WATER_DEGC)
        if not cold.any() and not state.frozen.any():
            state.frost_s = np.zeros(len(self.crahs))
            return
        warm = (air_degc > THAWED_AIR_DEGC) & (water_degc > THAWED_WATER_DEGC)
        state.frost_s = np.where(cold, state.frost_s + dt_s, 0.0)
        state.thaw_s = np.where(warm, state.thaw_s + dt_s, 0.0)
        tripped = np.maximum(state.frozen, state.frost_s >= FROST_S)
        state.frozen = np.where((tripped > 0.0) & (state.thaw_s >= THAW_S), 0.0, tripped)

    def demand_on(self, plant: str) -> tuple[float, float]:
        """Return the chilled water that coils take from a plant, as a capacity rate [kW/K], and the heat in it [kW]."""
        mine = self._on_plant.get(plant)
        if mine is None:
            return 0.0, 0.0
        return float(self.state.valve_kwpk[mine].sum()), float(self.state.coil_kw[mine].sum())

    def index(self, equipment: str) -> int:
        """Return the place of a CRAH; raises ValueError for a stranger."""
        return [crah.id for crah in self.crahs].index(equipment)

    def values(self) -> dict[Key, float]:
        """Return the CRAHs' true values but those of the return air."""
        state = self.state
        open_frac = state.valve_kwpk / self._coils.most_water_kwpk
        fault = np.where(state.failed > 0.0, FAILED, FROZEN * state.frozen)
        columns = {
            "supply_air_temperature_degc": state.supply_degc,
            "fan_speed_frac": state.fan_frac,
            "valve_position_frac": open_frac,
            "fan_power_kw": state.fan_kw,
            "on_status": 1.0 - self.out,
            "fault_status": fault,
        }
        ids = [crah.id for crah in self.crahs]
        return {
            (one, name): value
            for name, column in columns.items()
            for one, value in zip(ids, column.tolist(), strict=True)
        }


def _each(crahs: tuple[Crah, ...], what: str, nominal: float, spread_frac: float, hidden: Hidden) -> FloatArray:
    return np.array([hidden.around(f"{crah.id}.{what}", nominal, spread_frac) for crah in crahs])
