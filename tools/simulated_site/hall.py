"""A hall: CRAHs that blow a common plenum, racks that breathe it mixed with hot air, and the mass that slows all of it.

Energy balance, exact at every step: rack heat to air + CRAH fan power - coil heat = change of the heat stored in racks and hot air.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from facility.records import FloatArray
from facility.site import Crah, Hall
from tools.simulated_site.climate import Outdoors
from tools.simulated_site.control import ramped_array, settled_frac
from tools.simulated_site.noise import Hidden
from tools.simulated_site.physics.air import relative_humidity_frac, saturation_pressure_kpa
from tools.simulated_site.physics.constants import AIR_DENSITY_KGPM3, AIR_HEAT_KJPKGK, SECONDS_PER_HOUR
from tools.simulated_site.physics.exchanger import CLOSED_KWPK, LEAST_KWPK, Exchanger, sized
from tools.simulated_site.physics.movers import Mover
from tools.simulated_site.racks import Racks
from tools.simulated_site.servers import RackLoad
from tools.simulated_site.setpoints import Key, Setpoints

HOT_AIR_SHARE = 0.4  # of the hall's thermal mass; the rest sits in the racks
RACK_EFFECTIVENESS = 0.8  # how far air leaving a rack comes to the temperature of its mass
SENSOR_S = 45.0
VALVE_S = 70.0
COIL_RANGE_K = 6.0  # of the chilled water at rated load
HUMIDIFIER_DEW_POINT_DEGC = 5.5


@dataclass(slots=True)
class HallState:
    """What a hall remembers."""

    hot_degc: float
    rack_degc: FloatArray  # mass of each rack
    inlet_degc: FloatArray  # as servers and sensors feel it
    fan_frac: FloatArray
    valve_kwpk: FloatArray  # chilled water through each coil
    supply_degc: FloatArray
    coil_kw: FloatArray
    air_degc: FloatArray  # that enters each rack
    failed: FloatArray  # 1 for a CRAH that is out of order
    dew_point_degc: float
    protecting: bool = False


class SimulatedHall:
    """One hall with its CRAHs."""

    def __init__(self, hall: Hall, crahs: tuple[Crah, ...], racks: Racks, hidden: Hidden, setpoints: Setpoints) -> None:
        self.hall_id, self.crahs, self._setpoints = hall.id, crahs, setpoints
        self._on_plant = {crah.plant: np.array([one.plant == crah.plant for one in crahs]) for crah in crahs}
        self.racks = racks.where_hall(hall.id)
        self._ids = racks.ids[self.racks]
        count = len(self._ids)
        leaks = [hidden.between(f"{rack}.recirculation", 0.0, 1.0) for rack in self._ids]
        self._recirculation = (
            0.02 + 0.26 * np.array(leaks) ** 3
        )  # most racks are tight, a few at the ends of rows are not
        self._near = self._nearness(hidden)
        self._coils = _coils(crahs, hidden)
        mass_kjpk = hall.thermal_mass_kwh_per_k * SECONDS_PER_HOUR * hidden.around(f"{hall.id}.mass", 1.0, 0.15)
        self.hot_kjpk = HOT_AIR_SHARE * mass_kjpk
        self.rack_kjpk = (1.0 - HOT_AIR_SHARE) * mass_kjpk / count
        self._fan_kw = np.zeros(len(crahs))
        self._needed_kw = 0.0
        self._limit_degc = hall.limits.inlet_max_degc
        self.state = HallState(
            hot_degc=30.0,
            rack_degc=np.full(count, 33.0),
            inlet_degc=np.full(count, 21.0),
            fan_frac=np.full(len(crahs), 0.85),
            valve_kwpk=self._coils.rated_water_kwpk * 0.4,
            supply_degc=np.full(len(crahs), 19.0),
            coil_kw=np.zeros(len(crahs)),
            air_degc=np.full(count, 21.0),
            failed=np.zeros(len(crahs)),
            dew_point_degc=8.0,
        )

    def _nearness(self, hidden: Hidden) -> FloatArray:
        """Return how much of each CRAH's air a rack gets beyond the common mix, one row a rack."""
        draws = [[hidden.between(f"{rack}.{crah.id}", 0.0, 1.0) ** 3 for crah in self.crahs] for rack in self._ids]
        near = np.array(draws)
        return np.asarray(0.5 * near / near.sum(axis=1, keepdims=True))

    def step(self, dt_s: float, load: RackLoad, chilled_degc: Mapping[str, float], outdoors: Outdoors) -> None:
        """Advance the hall under what its racks give off and the chilled water that arrives from each plant."""
        state = self.state
        water_degc = np.array([chilled_degc[crah.plant] for crah in self.crahs])
        self._blow(dt_s)
        air_kwpk = self._coils.rated_air_kwpk * state.fan_frac
        self._cool(dt_s, air_kwpk, water_degc)
        mixed_degc = self._mixed_degc(load.air_kwpk, air_kwpk)
        lift_kw = RACK_EFFECTIVENESS * load.air_kwpk * (state.rack_degc - mixed_degc)
        return_kw = float((air_kwpk * (state.hot_degc - state.supply_degc)).sum())
        state.hot_degc += dt_s * (float(lift_kw.sum()) - return_kw) / self.hot_kjpk
        state.rack_degc = state.rack_degc + dt_s * (load.air_kw - lift_kw) / self.rack_kjpk
        state.air_degc = mixed_degc
        self._needed_kw = float(load.air_kw.sum() + self._fan_kw.sum())
        state.inlet_degc = state.inlet_degc + settled_frac(dt_s, SENSOR_S) * (mixed_degc - state.inlet_degc)
        dew_degc = min(max(outdoors.dew_point_degc, HUMIDIFIER_DEW_POINT_DEGC), float(water_degc.min()) + 3.0)
        state.dew_point_degc += settled_frac(dt_s, 6 * SECONDS_PER_HOUR) * (dew_degc - state.dew_point_degc)

    def _blow(self, dt_s: float) -> None:
        """Move the fans to their setpoints, or to full while a rack overheats."""
        state = self.state
        hottest_degc = float(state.inlet_degc.max())
        if hottest_degc > self._limit_degc + 2.0:
            state.protecting = True
        elif hottest_degc < self._limit_degc - 1.0:
            state.protecting = False
        low = np.array([crah.min_fan_speed_frac for crah in self.crahs])
        wanted = np.array([self._setpoints[(crah.id, "fan_speed_setpoint_frac")] for crah in self.crahs])
        target = np.ones(len(self.crahs)) if state.protecting else np.maximum(wanted, low)
        working = 1.0 - state.failed
        state.fan_frac = ramped_array(state.fan_frac, target, 0.005, dt_s) * working
        specific = np.array([self._coils.fan.power_kw(frac) for frac in state.fan_frac.tolist()])
        self._fan_kw = specific * self._coils.rated_fan_kw

    def _cool(self, dt_s: float, air_kwpk: FloatArray, water_degc: FloatArray) -> None:
        """Move each coil's valve towards what its supply-air setpoint needs, and take the heat it then takes."""
        state, coils = self.state, self._coils
        wanted = [self._setpoints[(crah.id, "supply_air_temperature_setpoint_degc")] for crah in self.crahs]
        lowest = np.array([crah.supply_air_min_degc for crah in self.crahs])
        setpoint_degc = lowest if state.protecting else np.maximum(np.array(wanted), lowest)
        fan_kw = self._fan_kw
        spread_k = np.maximum(state.hot_degc - water_degc, 0.5)
        needed_kw = np.maximum(air_kwpk * (state.hot_degc - setpoint_degc) + fan_kw, 0.0)
        now = zip((needed_kw / spread_k).tolist(), air_kwpk.tolist(), state.valve_kwpk.tolist(), strict=True)
        target = [coils.exchanger.next_cold_kwpk(*one, coils.max_water_kwpk) for one in now]
        state.valve_kwpk = state.valve_kwpk + settled_frac(dt_s, VALVE_S) * (np.array(target) - state.valve_kwpk)
        state.valve_kwpk = np.where(state.failed > 0.0, CLOSED_KWPK, state.valve_kwpk)
        flows = zip(air_kwpk.tolist(), state.valve_kwpk.tolist(), strict=True)
        moved_kwpk = np.array([coils.exchanger.heat_kwpk(air, water) for air, water in flows])
        state.coil_kw = moved_kwpk * np.maximum(state.hot_degc - water_degc, 0.0) * (1.0 - state.failed)
        state.supply_degc = state.hot_degc - (state.coil_kw - fan_kw) / np.maximum(air_kwpk, LEAST_KWPK)

    def _mixed_degc(self, rack_kwpk: FloatArray, crah_kwpk: FloatArray) -> FloatArray:
        """Return the air that enters each rack: plenum air plus the hot air that short supply or leaks bring back."""
        state = self.state
        supplied, drawn = max(float(crah_kwpk.sum()), LEAST_KWPK), float(rack_kwpk.sum())
        fresh = 1.0 - self._recirculation * min(max(drawn / supplied, 0.5), 1.6)
        fresh = fresh * min(1.0, supplied / float((fresh * rack_kwpk).sum()))
        mix_degc = float((crah_kwpk * state.supply_degc).sum()) / supplied
        off_mix_k = self._near @ (state.supply_degc - mix_degc)
        weight = fresh * rack_kwpk
        off_mix_k = off_mix_k - float((weight * off_mix_k).sum() / weight.sum())  # what one rack gets another lacks
        return fresh * (mix_degc + off_mix_k) + (1.0 - fresh) * state.hot_degc

    def demand_on(self, plant: str) -> tuple[float, float]:
        """Return the chilled water that coils take from a plant, as a capacity rate [kW/K], and the heat in it [kW]."""
        mine = self._on_plant.get(plant)
        if mine is None:
            return 0.0, 0.0
        return float(self.state.valve_kwpk[mine].sum()), float(self.state.coil_kw[mine].sum())

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

    @property
    def water_lps(self) -> float:
        """Water that the humidifier takes."""
        return 0.0

    def auxiliary_kw(self) -> dict[str, float]:
        """Return the power of relief fans (under the economizer's id) and humidifier."""
        return {}

    def fail(self, equipment: str) -> None:
        """Put a CRAH out of order."""
        self.state.failed[self._index(equipment)] = 1.0

    def repair(self, equipment: str) -> None:
        """Put a CRAH back into order."""
        self.state.failed[self._index(equipment)] = 0.0

    def _index(self, equipment: str) -> int:
        return [crah.id for crah in self.crahs].index(equipment)

    def units(self) -> tuple[list[float], float]:
        """Return the cooling [kW] that each CRAH in order could give, and what the present load takes [kW]."""
        failed = self.state.failed.tolist()
        able = [crah.rated_cooling_kw for crah, out in zip(self.crahs, failed, strict=True) if not out]
        return able, self._needed_kw

    def fan_kw(self) -> FloatArray:
        """Return each CRAH's fan power."""
        return self._fan_kw

    def stored_kj(self) -> float:
        """Return the heat stored above 0 C, for balances."""
        return self.hot_kjpk * self.state.hot_degc + self.rack_kjpk * float(self.state.rack_degc.sum())

    def values(self) -> dict[Key, float]:
        """Return the true values of the hall's racks and CRAHs."""
        state = self.state
        found: dict[Key, float] = {}
        vapour_kpa = saturation_pressure_kpa(state.dew_point_degc)
        for rack, inlet_degc in zip(self._ids, state.inlet_degc.tolist(), strict=True):
            found[(rack, "inlet_temperature_degc")] = inlet_degc
            found[(rack, "inlet_relative_humidity_frac")] = min(vapour_kpa / saturation_pressure_kpa(inlet_degc), 1.0)
        return_humidity = min(vapour_kpa / saturation_pressure_kpa(state.hot_degc), 1.0)
        fan_kw, valve = self.fan_kw(), state.valve_kwpk / self._coils.max_water_kwpk
        for index, crah in enumerate(self.crahs):
            found[(crah.id, "supply_air_temperature_degc")] = float(state.supply_degc[index])
            found[(crah.id, "return_air_temperature_degc")] = state.hot_degc
            found[(crah.id, "return_air_relative_humidity_frac")] = return_humidity
            found[(crah.id, "fan_speed_frac")] = float(state.fan_frac[index])
            found[(crah.id, "valve_position_frac")] = float(valve[index])
            found[(crah.id, "fan_power_kw")] = float(fan_kw[index])
            found[(crah.id, "on_status")] = 1.0 - float(state.failed[index])
            found[(crah.id, "fault_status")] = float(state.failed[index])
        return found


@dataclass(frozen=True, slots=True, eq=False)
class _Coils:
    exchanger: Exchanger  # all CRAHs of a hall share the type of their coil
    fan: Mover
    rated_air_kwpk: FloatArray
    rated_fan_kw: FloatArray
    rated_water_kwpk: FloatArray
    max_water_kwpk: float


def _coils(crahs: tuple[Crah, ...], hidden: Hidden) -> _Coils:
    air = [crah.rated_airflow_m3ps * AIR_DENSITY_KGPM3 * AIR_HEAT_KJPKGK for crah in crahs]
    fouled = [hidden.around(f"{crah.id}.airflow", 0.98, 0.04) for crah in crahs]
    first = crahs[0]
    water_kwpk = first.rated_cooling_kw / COIL_RANGE_K
    smaller_side = min(air[0], water_kwpk)
    effectiveness_frac = min(first.coil_effectiveness * air[0] / smaller_side, 0.95)
    effectiveness_frac = min(hidden.around("coil.effectiveness", effectiveness_frac, 0.05), 0.96)
    return _Coils(
        exchanger=sized(air[0], water_kwpk, effectiveness_frac),
        fan=Mover(1.0, 1.0, hidden.between("crah.static", 0.05, 0.15), 0.03),
        rated_air_kwpk=np.array(air) * np.array(fouled),
        rated_fan_kw=np.array([hidden.around(f"{crah.id}.fan", crah.rated_fan_kw, 0.06) for crah in crahs]),
        rated_water_kwpk=np.full(len(crahs), water_kwpk),
        max_water_kwpk=1.3 * water_kwpk,
    )
