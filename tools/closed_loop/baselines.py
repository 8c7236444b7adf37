"""The two baselines that ours is compared with: the plant as commissioned, and good practice. Frozen: change them with care.

Sources
-------
ASHRAE Guideline 36-2021, 5.1.14 (trim and respond), 5.20 (chilled-water plants: resets, staging, lockouts).
Stein, J., "Waterside economizing in data centers", ASHRAE Transactions 115(2), 2009 (changeover by wet bulb).
Lawrence Berkeley National Laboratory, "Data center temperature and airflow management" (supply air by the hottest rack inlet,
airflow by the excess of supply over demand: return temperature index and spread of inlets).
ASHRAE TC 9.9 (2021) for the envelopes, which the site file repeats.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from facility.site import Crah, DryCooler, Hall, HeatContract, LiquidLoop, Plant, Site
from facility.site_file import LoadedSite
from tools.closed_loop.plant import Key
from tools.closed_loop.sight import Sight

MECHANICAL, PARTIAL, FREE = 0.0, 1.0, 2.0
LEAVING_WATER = "leaving_chilled_water_temperature_setpoint_degc"
CONDENSER_WATER = "condenser_water_temperature_setpoint_degc"
SUPPLY_AIR, FAN_SPEED = "supply_air_temperature_setpoint_degc", "fan_speed_setpoint_frac"
LOOP_SUPPLY, LOOP_FLOW = "secondary_supply_temperature_setpoint_degc", "secondary_flow_setpoint_lps"
RETURN_WATER = "entering_chilled_water_temperature_degc"
MODE, STAGED = "economizer_mode_command", "chillers_staged_command"
WATER_KW_PER_LPS_K = 4.186
CLASS_MAX_DEGC = {"W17": 17.0, "W27": 27.0, "W32": 32.0, "W40": 40.0, "W45": 45.0, "W+": 45.0}  # ASHRAE TC 9.9 (2021)

# Air: the hottest inlet is held this far below its limit, airflow where recirculation stays small.
INLET_MARGIN_K, INLET_BAND_K = 1.5, 0.4
SPREAD_HIGH_K, SPREAD_LOW_K = 3.0, 2.3  # hottest inlet above supply air
RISE_HIGH_K, RISE_LOW_K = 12.0, 11.0  # return above supply air: servers of today take about 12 K
# Water: Guideline 36 asks for colder water above 95 % valve position, and lets go below 85 %.
VALVE_HIGH_FRAC, VALVE_LOW_FRAC = 0.95, 0.85
TOWER_APPROACH_K = 4.0
WARMEST_CONDENSER_DEGC, COLDEST_CONDENSER_DEGC = 29.4, 6.0
CHANGEOVER_BAND_K = 0.5
SHORT_K, SHORT_FOR = 1.0, timedelta(minutes=15)  # leaving water above its setpoint: the next stage
STAGE_UP_FRAC, STAGE_DOWN_FRAC, STAGED_AT_LEAST = 0.9, 0.8, timedelta(minutes=30)
LOOP_RISE_HIGH_K, LOOP_RISE_LOW_K = 11.0, 9.0  # return above supply of a technology loop
# Setpoints move on the wire only by what their controllers can tell apart.
RESOLUTION = {"degc": 0.2, "frac": 0.02, "lps": 0.1}


@dataclass(slots=True)
class Fixed:
    """A controller that never changes its mind."""

    setpoints: Mapping[Key, float]

    def decide(self, _time: datetime, _measured: Mapping[Key, float]) -> Mapping[Key, float]:
        """Return the same setpoints."""
        return self.setpoints


def as_commissioned(loaded: LoadedSite) -> Fixed:
    """Return the setpoints of the day that the plant was handed over: cold air, cold water, everything running."""
    return Fixed(_settable(loaded, commissioned_setpoints(loaded.site)))


def commissioned_setpoints(site: Site) -> dict[Key, float]:
    """Return every setpoint of a site as commissioned."""
    found: dict[Key, float] = {}
    for crah in site.crahs:
        found |= {(crah.id, SUPPLY_AIR): max(19.0, crah.supply_air_min_degc), (crah.id, FAN_SPEED): 0.85}
    for loop in site.liquid_loops:
        degc = min(loop.supply_min_degc + 7.0, loop.supply_max_degc)
        for cdu in loop.cdus:
            found |= {(cdu.id, LOOP_SUPPLY): degc, (cdu.id, LOOP_FLOW): round(0.85 * cdu.rated_flow_lps, 1)}
    for plant in site.plants:
        found |= _commissioned_plant(plant)
    found |= {(hall.economizer.id, MODE): 1.0 for hall in site.halls if hall.economizer is not None}
    return found | _left_alone(site)


def _commissioned_plant(plant: Plant) -> dict[Key, float]:
    leaving_degc = min(plant.leaving_water_min_degc + 2.0, plant.leaving_water_max_degc)
    found = {(plant.id, LEAVING_WATER): leaving_degc, (plant.id, STAGED): float(len(plant.chillers))}
    if plant.towers or plant.dry_coolers:
        found[(plant.id, CONDENSER_WATER)] = 24.0
    if plant.economizer is not None:
        trimmed = PARTIAL if plant.dry_coolers else MECHANICAL  # chillers that only trim cannot carry the plant alone
        found[(plant.id, MODE)] = trimmed if plant.chillers else FREE
    return found | {(cooler.id, "adiabatic_enable_command"): 1.0 for cooler in plant.dry_coolers}


def _left_alone(site: Site) -> dict[Key, float]:
    """Return what neither baseline moves: all servers awake, work at once, storage idle, heat pumps as their contract asks."""
    found: dict[Key, float] = {(pool.id, "awake_servers_command"): float(pool.servers) for pool in site.server_pools}
    found |= {(work.id, "deferrable_power_command_kw"): work.max_power_kw for work in site.deferrable_work}
    tanks = [plant.tank for plant in site.plants if plant.tank is not None]
    found |= {(store.id, "charge_power_setpoint_kw"): 0.0 for store in (*site.batteries, *tanks)}
    return found | {(pump.id, "heat_output_setpoint_kw"): pump.rated_heat_kw for pump in site.heat_pumps}


def _settable(loaded: LoadedSite, setpoints: Mapping[Key, float]) -> dict[Key, float]:
    return {key: value for key, value in setpoints.items() if loaded.points.one(*key) is not None}


def trim_and_respond(requests: int, *, trim: float, respond: float, most: float, ignored: int = 0) -> float:
    """Return the move of a setpoint: a little towards saving, or towards those who ask (Guideline 36-2021, 5.1.14)."""
    if requests <= ignored:
        return trim
    return math.copysign(min(abs(respond) * (requests - ignored), abs(most)), respond)


@dataclass(slots=True)
class GoodPractice:
    """Trim and respond with wet-bulb changeover; decides every five minutes from measurements alone.

    What cannot be seen moves nothing: the last decision holds. `adopt` tells it of setpoints that others put in force.
    """

    loaded: LoadedSite
    _held: dict[Key, float] = field(init=False)
    _sent: dict[Key, float] = field(init=False, default_factory=dict)
    _rules: list[Callable[[Sight], None]] = field(init=False)

    def __post_init__(self) -> None:
        site = self.loaded.site
        self._held = commissioned_setpoints(site)
        self._rules = [
            _Air(hall, [one for one in site.crahs if one.hall == hall.id], site.weather.station).decide
            for hall in site.halls
        ]
        self._rules += [_Loop(site, loop).decide for loop in site.liquid_loops]
        self._rules += [_Water(site, plant).decide for plant in site.plants]
        self._rules += [_Heat(site, contract).decide for contract in site.heat_contracts]

    def adopt(self, setpoints: Mapping[Key, float]) -> None:
        """Go on from setpoints that are in force."""
        known = {key: value for key, value in setpoints.items() if key in self._held and math.isfinite(value)}
        self._held |= known
        self._sent |= known

    def decide(self, time: datetime, measured: Mapping[Key, float]) -> Mapping[Key, float]:
        """Return the setpoints to put in force."""
        sight = Sight(time, measured, self._held)
        for rule in self._rules:
            rule(sight)
        for key, value in _settable(self.loaded, self._held).items():
            resolution = RESOLUTION.get(key[1].rsplit("_", maxsplit=1)[-1], 0.0)
            before = self._sent.get(key)
            if before is None or abs(value - before) >= resolution - 1e-9:
                self._sent[key] = value
        return dict(self._sent)


@dataclass(frozen=True, slots=True)
class _Air:
    """A hall: supply air by the hottest inlet, fans by recirculation, dampers by the outdoor air."""

    hall: Hall
    crahs: list[Crah]
    station: str

    def decide(self, sight: Sight) -> None:
        """Move the hall's setpoints."""
        inlets = sight.values([rack.id for rack in self.hall.racks], "inlet_temperature_degc")
        running = [crah.id for crah in self.crahs if sight.value(crah.id, "on_status") != 0.0]
        supply = sight.values(running, "supply_air_temperature_degc")
        if inlets:
            self._supply_air(sight, inlets)
        if inlets and supply:
            returned = sight.values(running, "return_air_temperature_degc")
            self._fans(sight, max(inlets) - float(np.mean(supply)), returned, float(np.mean(supply)))
        if self.hall.economizer is not None:
            self._dampers(sight)

    def _supply_air(self, sight: Sight, inlets: list[float]) -> None:
        limits = self.hall.limits
        target_degc = limits.inlet_max_degc - INLET_MARGIN_K
        requests = sum(1 for inlet in inlets if inlet > target_degc)
        requests += sum(2 for inlet in inlets if inlet > limits.inlet_max_degc)
        move_k = trim_and_respond(requests, trim=0.1, respond=-0.1, most=-0.5)
        if not requests and max(inlets) > target_degc - INLET_BAND_K:
            return
        for crah in self.crahs:
            low = max(crah.supply_air_min_degc, limits.inlet_min_degc + 0.5)
            high = min(crah.supply_air_max_degc, target_degc)
            sight.move((crah.id, SUPPLY_AIR), move_k, low, high)

    def _fans(self, sight: Sight, spread_k: float, returned: list[float], supply_degc: float) -> None:
        rise_k = float(np.mean(returned)) - supply_degc if returned else RISE_LOW_K
        requests = int(spread_k > SPREAD_HIGH_K) + int(rise_k > RISE_HIGH_K)
        if not requests and (spread_k > SPREAD_LOW_K or rise_k > RISE_LOW_K):
            return
        move = trim_and_respond(requests, trim=-0.01, respond=0.02, most=0.06)
        for crah in self.crahs:
            sight.move((crah.id, FAN_SPEED), move, max(crah.min_fan_speed_frac, 0.4), 1.0)

    def _dampers(self, sight: Sight) -> None:
        economizer = self.hall.economizer
        outdoors = sight.outdoors(self.station)
        if economizer is None or outdoors is None:
            return
        dry_bulb, dew_point = outdoors
        key = (economizer.id, MODE)
        band = -CHANGEOVER_BAND_K if sight.held[key] else CHANGEOVER_BAND_K
        cool = dry_bulb < economizer.outdoor_max_degc - band
        damp = economizer.outdoor_dew_point_min_degc + band < dew_point < economizer.outdoor_dew_point_max_degc - band
        sight.held[key] = float(cool and damp)


@dataclass(frozen=True, slots=True)
class _Loop:
    """A technology loop: as warm as its servers' class and no colder than the room's dew point, flow by its temperature rise."""

    site: Site
    loop: LiquidLoop

    def decide(self, sight: Sight) -> None:
        """Move the loop's setpoints; without a dew point the supply holds."""
        hall = next(hall for hall in self.site.halls if hall.id == self.loop.hall)
        dew = sight.dew_point(hall)
        if dew is not None:
            self._supply(sight, dew + self.loop.dew_point_margin_k + 1.0)
        for cdu in self.loop.cdus:
            rise = sight.difference(cdu.id, "secondary_return_temperature_degc", "secondary_supply_temperature_degc")
            if rise is not None and not LOOP_RISE_LOW_K <= rise <= LOOP_RISE_HIGH_K:
                by = (0.03 if rise > LOOP_RISE_HIGH_K else -0.02) * cdu.rated_flow_lps
                sight.move((cdu.id, LOOP_FLOW), by, (cdu.min_flow_frac + 0.05) * cdu.rated_flow_lps, cdu.rated_flow_lps)

    def _supply(self, sight: Sight, floor_degc: float) -> None:
        loop = self.loop
        warm_degc = CLASS_MAX_DEGC.get(loop.facility_water_class or "W32", 32.0)
        target = min(max(warm_degc, floor_degc), loop.supply_max_degc - 3.0)
        step_k = min(0.5, 0.6 * loop.rate_max_k_per_h / 12.0)
        for cdu in loop.cdus:
            by = float(np.clip(target - sight.held[(cdu.id, LOOP_SUPPLY)], -step_k, step_k))
            sight.move((cdu.id, LOOP_SUPPLY), by, loop.supply_min_degc, loop.supply_max_degc)


@dataclass(slots=True)
class _Water:
    """A plant: leaving water by the most open valve, changeover by wet bulb, condenser water by wet bulb, staging by load."""

    site: Site
    plant: Plant
    _changed: datetime | None = None
    _staged: datetime | None = None
    _short_since: datetime | None = None

    def decide(self, sight: Sight) -> None:
        """Move the plant's setpoints."""
        self._leaving_water(sight)
        sink = self._sink_degc(sight)
        if self.plant.economizer is not None and sink is not None:
            self._change_over(sight, sink)
        if (self.plant.id, CONDENSER_WATER) in sight.held and sink is not None:
            self._condenser_water(sight, sink)
        self._stage(sight)

    @property
    def _warmest_degc(self) -> float:
        """The warmest leaving water that chillers can make and that the loops' class allows."""
        classes = [loop.facility_water_class for loop in self.site.liquid_loops if loop.plant == self.plant.id]
        limits = [CLASS_MAX_DEGC[one] - 1.0 for one in classes if one is not None]
        limits += [chiller.max_leaving_water_degc - 1.0 for chiller in self.plant.chillers]
        return min([self.plant.leaving_water_max_degc, *limits])

    def _leaving_water(self, sight: Sight) -> None:
        served = [crah.id for crah in self.site.crahs if crah.plant == self.plant.id]
        loops = [loop for loop in self.site.liquid_loops if loop.plant == self.plant.id]
        served += [cdu.id for loop in loops for cdu in loop.cdus]
        valves = sight.values(served, "valve_position_frac")
        if not valves:
            return
        requests = sum(1 for valve in valves if valve > VALVE_HIGH_FRAC)
        if not requests and max(valves) > VALVE_LOW_FRAC:
            return
        move_k = trim_and_respond(requests, trim=0.1, respond=-0.2, most=-0.6)
        sight.move((self.plant.id, LEAVING_WATER), move_k, self.plant.leaving_water_min_degc, self._warmest_degc)

    def _sink_degc(self, sight: Sight) -> float | None:
        """Return the coldest water that towers or dry coolers make in this weather."""
        station = self.site.weather.station
        if self.plant.towers:
            wet_bulb = sight.value(station, "outdoor_wet_bulb_degc")
            return None if wet_bulb is None else wet_bulb + TOWER_APPROACH_K
        dry_bulb = sight.value(station, "outdoor_temperature_degc")
        if dry_bulb is None or not self.plant.dry_coolers:
            return None
        self._wet_pads(sight, dry_bulb)
        return min(self._cooler_degc(sight, cooler, dry_bulb) for cooler in self.plant.dry_coolers)

    def _cooler_degc(self, sight: Sight, cooler: DryCooler, dry_bulb: float) -> float:
        wet_bulb = sight.value(self.site.weather.station, "outdoor_wet_bulb_degc")
        wet = sight.held[(cooler.id, "adiabatic_enable_command")]
        depression_k = dry_bulb - wet_bulb if wet and wet_bulb is not None else 0.0
        return dry_bulb - cooler.adiabatic_effectiveness_frac * depression_k + cooler.rated_approach_k

    def _wet_pads(self, sight: Sight, dry_bulb: float) -> None:
        """Wet the pads only where dry air would not do: water costs, too."""
        hx_k = self.plant.economizer.approach_k if self.plant.economizer else 0.0
        for cooler in self.plant.dry_coolers:
            key = (cooler.id, "adiabatic_enable_command")
            short_k = dry_bulb + cooler.rated_approach_k + hx_k - sight.held[(self.plant.id, LEAVING_WATER)]
            if short_k > 0.0:
                sight.held[key] = 1.0
            elif short_k < -2.0:
                sight.held[key] = 0.0

    def _change_over(self, sight: Sight, sink_degc: float) -> None:
        """Stein (2009): free, partial or mechanical by what the exchanger can reach; a dwell time between changes."""
        economizer, key = self.plant.economizer, (self.plant.id, MODE)
        returned = sight.value(self.plant.id, RETURN_WATER)
        if economizer is None or returned is None or not self.plant.chillers:
            return
        dwell = timedelta(minutes=economizer.min_dwell_min)
        if self._changed is not None and sight.time - self._changed < dwell:
            return
        reach = sink_degc + economizer.approach_k
        wanted = self._mode(sight, reach, returned)
        if wanted != sight.held[key]:
            sight.held[key], self._changed = wanted, sight.time

    def _mode(self, sight: Sight, reach_degc: float, returned_degc: float) -> float:
        now, setpoint = sight.held[(self.plant.id, MODE)], sight.held[(self.plant.id, LEAVING_WATER)]
        assert self.plant.economizer is not None
        free_band = CHANGEOVER_BAND_K if now == FREE else -CHANGEOVER_BAND_K
        if reach_degc < setpoint + free_band and not (now == FREE and self._short(sight)):
            return FREE
        partial_band = CHANGEOVER_BAND_K if now != MECHANICAL else 2.0 * CHANGEOVER_BAND_K
        if self.plant.economizer.kind == "integrated" and reach_degc < returned_degc - partial_band:
            return PARTIAL
        return MECHANICAL

    def _short(self, sight: Sight) -> bool:
        """Tell whether the leaving water has been too warm for long."""
        leaving = sight.value(self.plant.id, "leaving_chilled_water_temperature_degc")
        if leaving is None or leaving < sight.held[(self.plant.id, LEAVING_WATER)] + SHORT_K:
            self._short_since = None
            return False
        self._short_since = self._short_since or sight.time
        return sight.time - self._short_since >= SHORT_FOR

    def _condenser_water(self, sight: Sight, sink_degc: float) -> None:
        mode = sight.held.get((self.plant.id, MODE), MECHANICAL)
        economizer = self.plant.economizer
        low = COLDEST_CONDENSER_DEGC
        if mode == FREE and economizer is not None:
            sink_degc = max(sink_degc, sight.held[(self.plant.id, LEAVING_WATER)] - economizer.approach_k - 0.5)
        elif mode == MECHANICAL:
            lowest = [one.min_entering_condenser_degc for one in self.plant.chillers if one.condenser == "water"]
            low = max([low, *(degc + 1.0 for degc in lowest)])
        sight.held[(self.plant.id, CONDENSER_WATER)] = min(max(sink_degc, low), WARMEST_CONDENSER_DEGC)

    def _stage(self, sight: Sight) -> None:
        """Stage chillers by their load, with hysteresis and a minimum time between changes."""
        key, chillers = (self.plant.id, STAGED), self.plant.chillers
        if len(chillers) < 2 or sight.held.get((self.plant.id, MODE)) == FREE:
            return
        if self._staged is not None and sight.time - self._staged < STAGED_AT_LEAST:
            return
        load_kw, staged = self._load_kw(sight), round(sight.held[key])
        if load_kw is None:
            return
        capacity = [0.0, *np.cumsum([chiller.rated_cooling_kw for chiller in chillers]).tolist()]
        if staged < len(chillers) and (load_kw > STAGE_UP_FRAC * capacity[staged] or self._short(sight)):
            staged += 1
        elif staged > 1 and load_kw < STAGE_DOWN_FRAC * capacity[staged - 1]:
            staged -= 1
        if staged != sight.held[key]:
            sight.held[key], self._staged = float(staged), sight.time

    def _load_kw(self, sight: Sight) -> float | None:
        fractions = [sight.value(chiller.id, "load_frac") for chiller in self.plant.chillers]
        ratings = [chiller.rated_cooling_kw for chiller in self.plant.chillers]
        if all(frac is not None for frac in fractions):
            return sum((frac or 0.0) * kw for frac, kw in zip(fractions, ratings, strict=True))
        range_k = sight.difference(self.plant.id, RETURN_WATER, "leaving_chilled_water_temperature_degc")
        flow = sight.value(self.plant.id, "chilled_water_flow_lps")
        return None if range_k is None or flow is None else WATER_KW_PER_LPS_K * flow * range_k


@dataclass(frozen=True, slots=True)
class _Heat:
    """A heat contract: its pumps deliver what the network asks for, shared by their ratings."""

    site: Site
    contract: HeatContract

    def decide(self, sight: Sight) -> None:
        """Follow the network; where its demand is not measured, the pumps' own controls do."""
        asked = sight.value(self.contract.id, "heat_demand_kw")
        if asked is None:
            return
        pumps = [pump for pump in self.site.heat_pumps if pump.id in self.contract.heat_pumps]
        rated_kw = sum(pump.rated_heat_kw for pump in pumps)
        for pump in pumps:
            share_kw = pump.rated_heat_kw * min(max(asked, 0.0) / rated_kw, 1.0)
            sight.held[(pump.id, "heat_output_setpoint_kw")] = share_kw
