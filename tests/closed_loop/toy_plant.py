"""A plant in closed form for the site `toy_site/toy.yaml`, exact and quick: `tests.closed_loop.toy_plant:factory`.

Supply air follows its setpoint as far as the coil allows, inlets follow supply air in ten minutes and mix with exhaust where
the fans are slower than the servers, fan power goes with the cube of speed, and the chiller's COP is linear in both waters.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from facility.site.electrical import LossCurve
from facility.site_file import LoadedSite
from tools.closed_loop.baselines import commissioned_setpoints
from tools.closed_loop.conditions import Conditions
from tools.closed_loop.plant import Key, RefusedError, Truth

SERVERS, IDLE_KW, PEAK_KW, SLEEP_KW = 100.0, 0.15, 0.45, 0.01
CRAHS, RACKS = ("crah-1", "crah-2"), ("r1", "r2", "r3", "r4")
AIR_KW_PER_K = 4.0 * 1.2 * 1.005  # of a CRAH at full speed
INLET_TAU_S, MASS_KWH_PER_K = 600.0, 5.0
COUNTERS = ("asked", "done", "jobs", "late", "water", "discharged")
JOBS_KW, DUE = 2.0, timedelta(hours=12)
WATER, CONDENSER = "leaving_chilled_water_temperature_setpoint_degc", "condenser_water_temperature_setpoint_degc"
SUPPLY, SPEED = "supply_air_temperature_setpoint_degc", "fan_speed_setpoint_frac"


@dataclass(slots=True)
class State:
    """All that the plant remembers."""

    time: datetime
    setpoints: dict[Key, float]
    inlet_degc: list[float] = field(default_factory=lambda: [20.0] * 4)
    battery_kwh: float = 30.0
    jobs: list[tuple[datetime, float]] = field(default_factory=list)  # when it is due, kWh
    counters: dict[str, float] = field(default_factory=lambda: dict.fromkeys(COUNTERS, 0.0))
    now: dict[str, float] = field(default_factory=dict)  # powers and temperatures of the last step


class ToyPlant:
    """See the module. `lazy` drops a tenth of the work while the air is as cold as commissioned."""

    def __init__(
        self, loaded: LoadedSite, conditions: Conditions, seed: int, start: datetime, *, lazy: bool = False
    ) -> None:
        settable = {key for key in commissioned_setpoints(loaded.site) if loaded.points.one(*key) is not None}
        setpoints = {key: value for key, value in commissioned_setpoints(loaded.site).items() if key in settable}
        self.state = State(start, setpoints)
        self._site, self._conditions, self._lazy = loaded.site, conditions, lazy
        self._default_demand = 0.4 + 0.01 * (seed % 10)
        self.step(60.0)
        self.state.time = start

    @property
    def time(self) -> datetime:
        return self.state.time

    def set(self, equipment: str, quantity: str, value: float) -> None:
        if (equipment, quantity) not in self.state.setpoints:
            raise RefusedError(f"{equipment}.{quantity}: no such setpoint")
        if not math.isfinite(value):
            raise RefusedError(f"{equipment}.{quantity}: {value} is no number")
        self.state.setpoints[equipment, quantity] = value

    def close(self) -> None:
        """There is nothing to let go of."""

    def step(self, seconds: float) -> None:
        state, hours = self.state, seconds / 3600.0
        it_kw = self._work(hours)
        air = self._air(it_kw, seconds)
        plant_kw = self._water(it_kw + air["fans"], hours)
        battery_kw = self._battery(hours)
        electrical = self._site.electrical
        below_ups = it_kw + _loss_kw(electrical.pdus[0], it_kw)
        through = below_ups + _loss_kw(electrical.ups, below_ups) + air["fans"] + plant_kw["cooling"] + battery_kw
        meter_kw = through + _loss_kw(electrical.transformer, through)
        state.now |= {**air, **plant_kw, "it": it_kw, "battery": battery_kw, "meter": meter_kw}
        state.time += timedelta(seconds=seconds)

    def measured(self) -> Mapping[Key, float]:
        state, now = self.state, self.state.now
        found: dict[Key, float] = dict(state.setpoints)
        for rack, inlet in zip(RACKS, state.inlet_degc, strict=True):
            found |= {(rack, "inlet_temperature_degc"): inlet, (rack, "inlet_relative_humidity_frac"): 0.45}
            found[rack, "power_kw"] = now["it"] / len(RACKS)
        for crah in CRAHS:
            found |= {
                (crah, "supply_air_temperature_degc"): now["supply"],
                (crah, "return_air_temperature_degc"): now["return"],
                (crah, "fan_speed_frac"): self._speed(crah),
                (crah, "fan_power_kw"): 3.0 * self._speed(crah) ** 3,
                (crah, "valve_position_frac"): min(now["valve"], 1.0),
                (crah, "on_status"): 1.0,
            }
        water = state.setpoints["plant-1", WATER]
        range_k = now["heat"] / (4.186 * 4.0)
        found |= {
            ("plant-1", "leaving_chilled_water_temperature_degc"): water,
            ("plant-1", "entering_chilled_water_temperature_degc"): water + range_k,
            ("plant-1", "chilled_water_flow_lps"): 4.0,
            ("plant-1", "condenser_water_flow_lps"): 5.0,
            ("plant-1", "entering_condenser_water_temperature_degc"): now["condenser"],
            ("plant-1", "chillers_staged"): 1.0,
            ("plant-1", "economizer_mode"): 0.0,
            ("chiller-1", "leaving_chilled_water_temperature_degc"): water,
            ("chiller-1", "entering_chilled_water_temperature_degc"): water + range_k,
            ("chiller-1", "leaving_condenser_water_temperature_degc"): now["condenser"] + 5.0,
            ("chiller-1", "load_frac"): now["heat"] / 90.0,
            ("chiller-1", "on_status"): 1.0,
            ("chiller-1", "power_kw"): now["chiller"],
            ("tower-1", "fan_speed_frac"): (now["tower"] / 3.0) ** (1.0 / 3.0),
            ("tower-1", "power_kw"): now["tower"],
            ("chw-pumps", "power_kw"): 1.2,
            ("cw-pumps", "power_kw"): 1.2,
            ("utility", "power_kw"): now["meter"],
        }
        outdoors = self._conditions.air(state.time)
        spread_k = outdoors.dry_bulb_degc - outdoors.dew_point_degc
        return found | {
            ("weather", "outdoor_temperature_degc"): outdoors.dry_bulb_degc,
            ("weather", "outdoor_relative_humidity_frac"): max(1.0 - 0.05 * spread_k, 0.1),
            ("weather", "outdoor_wet_bulb_degc"): _wet_bulb_degc(self._conditions, state.time),
            ("battery-1", "state_of_charge_frac"): state.battery_kwh / 60.0,
            ("battery-1", "charge_power_kw"): now["battery"],
            ("pool-1", "awake_servers"): self._awake(),
            ("pool-1", "utilisation_frac"): now["served"] / max(self._awake(), 1.0),
            ("jobs", "deferrable_power_kw"): now["jobs"],
            ("jobs", "deferrable_backlog_kwh"): sum(kwh for _, kwh in state.jobs),
        }

    def truth(self) -> Truth:
        state, now, count = self.state, self.state.now, self.state.counters
        mass_kwh = MASS_KWH_PER_K * sum(state.inlet_degc) / len(RACKS)
        waiting_kwh = sum(kwh for _, kwh in state.jobs)
        return Truth(
            time=state.time,
            facility_kw=now["meter"],
            it_kw=now["it"],
            cooling_kw=now["cooling"] + now["fans"],
            inlet_degc=np.array(state.inlet_degc),
            dew_point_degc=np.array([10.0]),
            relative_humidity_frac=np.array([0.45]),
            loop_supply_degc=np.zeros(0),
            chillers_on=np.ones(1),
            economizer_mode=np.zeros(1),
            units_available_kw={"hall-1/crahs": [60.0, 60.0]},
            units_needed_kw={"hall-1/crahs": now["heat"]},
            work_asked_server_h=count["asked"],
            work_done_server_h=count["done"],
            deferrable_kwh=count["jobs"],
            deadline_misses_kwh=count["late"],
            water_l=count["water"],
            battery_throughput_kwh=count["discharged"],
            stored_kwh={"battery-1": state.battery_kwh, "thermal_mass": mass_kwh, "backlog": waiting_kwh},
            leaving_water_degc=np.array([state.setpoints["plant-1", WATER]]),
        )

    def _awake(self) -> float:
        return min(max(self.state.setpoints["pool-1", "awake_servers_command"], 0.0), SERVERS)

    def _speed(self, crah: str) -> float:
        return min(max(self.state.setpoints[crah, SPEED], 0.4), 1.0)

    def _work(self, hours: float) -> float:
        """Serve what cannot wait, then jobs in the order they are due; return IT power."""
        state, count, awake = self.state, self.state.counters, self._awake()
        demand = self._conditions.demand("pool-1", state.time)
        asked = SERVERS * (self._default_demand if demand is None else demand)
        served = min(asked, awake)
        if self._lazy and state.setpoints["crah-1", SUPPLY] <= 19.0:
            served *= 0.9
        state.jobs.append((state.time + DUE, JOBS_KW * hours))
        room_kw = (awake - served) * (PEAK_KW - IDLE_KW)
        allowed_kw = max(min(state.setpoints["jobs", "deferrable_power_command_kw"], 6.0, room_kw), 0.0)
        left_kwh, done_kwh = allowed_kw * hours, 0.0
        while state.jobs and left_kwh > 1e-12:
            due, kwh = state.jobs.pop(0)
            part = min(kwh, left_kwh)
            left_kwh, done_kwh = left_kwh - part, done_kwh + part
            if kwh > part:
                state.jobs.insert(0, (due, kwh - part))
        late = [(due, kwh) for due, kwh in state.jobs if state.time < due <= state.time + timedelta(hours=hours)]
        count["late"] += sum(kwh for _, kwh in late)
        count["asked"] += asked * hours
        count["done"] += served * hours
        count["jobs"] += done_kwh
        state.now |= {"served": served, "jobs": done_kwh / hours}
        return awake * IDLE_KW + (SERVERS - awake) * SLEEP_KW + served * (PEAK_KW - IDLE_KW) + done_kwh / hours

    def _air(self, it_kw: float, seconds: float) -> dict[str, float]:
        state = self.state
        speeds = [self._speed(crah) for crah in CRAHS]
        flow_kw_per_k = AIR_KW_PER_K * sum(speeds)
        wanted = sum(state.setpoints[crah, SUPPLY] for crah in CRAHS) / len(CRAHS)
        rise_k = it_kw / flow_kw_per_k
        fans_kw = sum(3.0 * speed**3 for speed in speeds)
        water = state.setpoints["plant-1", WATER]
        coil_kw = sum(60.0 * speed for speed in speeds) * max(wanted + rise_k - water, 0.1) / 18.0
        valve = (it_kw + fans_kw) / coil_kw
        supply = wanted + max(it_kw + fans_kw - coil_kw, 0.0) / flow_kw_per_k
        mixed_k = max(1.0 - flow_kw_per_k * 12.0 / it_kw, 0.0) * rise_k
        lag = 1.0 - math.exp(-seconds / INLET_TAU_S)
        for rack in range(len(RACKS)):
            target = supply + 0.5 * rack + mixed_k
            state.inlet_degc[rack] += lag * (target - state.inlet_degc[rack])
        return {"supply": supply, "return": supply + rise_k, "valve": valve, "fans": fans_kw}

    def _water(self, heat_kw: float, hours: float) -> dict[str, float]:
        state = self.state
        wet_bulb = _wet_bulb_degc(self._conditions, state.time)
        condenser = max(state.setpoints["plant-1", CONDENSER], wet_bulb + 3.0)
        cop = 5.0 * (1.0 + 0.03 * (state.setpoints["plant-1", WATER] - 6.67)) * (1.0 - 0.02 * (condenser - 29.4))
        chiller_kw = heat_kw / cop
        tower_kw = 3.0 * min(max((heat_kw / 120.0) * (4.0 / (condenser - wet_bulb)) ** 2, 0.02), 1.0)
        state.counters["water"] += 1.6 * heat_kw * hours
        cooling_kw = chiller_kw + tower_kw + 2.4
        return {
            "heat": heat_kw,
            "chiller": chiller_kw,
            "tower": tower_kw,
            "condenser": condenser,
            "cooling": cooling_kw,
        }

    def _battery(self, hours: float) -> float:
        state = self.state
        wanted = min(max(state.setpoints["battery-1", "charge_power_setpoint_kw"], -20.0), 20.0)
        room_kw = (60.0 - state.battery_kwh) / 0.95 / hours
        power_kw = max(min(wanted, room_kw), -state.battery_kwh * 0.95 / hours)
        state.battery_kwh += (power_kw * 0.95 if power_kw > 0 else power_kw / 0.95) * hours
        state.counters["discharged"] += max(-power_kw, 0.0) * hours
        return power_kw


class RewindableToyPlant(ToyPlant):
    """One that can go back."""

    def memory(self) -> Any:
        return copy.deepcopy(self.state)

    def recall(self, memory: Any) -> None:
        self.state = copy.deepcopy(memory)


def factory(loaded: LoadedSite, conditions: Conditions, seed: int, start: datetime) -> RewindableToyPlant:
    return RewindableToyPlant(loaded, conditions, seed, start)


def own_conditions(loaded: LoadedSite, seed: int, start: datetime, end: datetime, step: timedelta) -> Conditions:
    """Mild days with a warm afternoon, work that follows the sun."""
    times = [start + index * step for index in range(int((end - start) / step) + 1)]
    hours = np.array([time.hour + time.minute / 60.0 for time in times])
    sun = np.sin((hours - 9.0) * np.pi / 12.0)
    demand = 0.4 + 0.01 * seed + 0.15 * sun
    return Conditions(start, step, 16.0 + 6.0 * sun, np.full(len(times), 9.0), {"pool-1": demand})


def _loss_kw(curve: LossCurve, kw: float) -> float:
    return curve.no_load_kw + curve.proportional_frac * kw + curve.square_frac * kw**2 / curve.rated_kw


def _wet_bulb_degc(conditions: Conditions, time: datetime) -> float:
    air = conditions.air(time)
    return air.dry_bulb_degc - (air.dry_bulb_degc - air.dew_point_degc) / 3.0
