"""The plant room with chillers on, alone or behind the economizer, their heat to condenser water or to the air.

Every fan speed of a grid is tried and the cheapest kept: a minimum of smooth curves stays continuous in load and weather.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models import chiller, economizer
from models.cooling import Mode
from models.limits import LimitLog
from models.nameplate import Chiller, group_chillers
from models.outside import Outside
from models.plant_room import Demand, PlantRoom, Rejection

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MAX_ENTERING_CONDENSER_DEGC = {"water": 36.0, "air": 50.0}  # most machines trip on head pressure not far above
_FORBIDDEN_KW, _LEAST_KW = 1e7, 1e-6
# Of the capacity of chillers on while another could be: loads and capacities are known to some percent, and what is too little
# leaves water warm until the next has started. ASHRAE Guideline 36 stages up there.
MOST_PART_LOAD_WITH_NEXT = 0.9
_ROUNDING = 1e-9
_HEAT_PASSES = 2  # compressor heat moves the tower's range by tenths of a kelvin: twice is enough


@dataclass(frozen=True, slots=True, eq=False)
class _Trials:
    """Answers at each fan speed of towers or dry coolers, (g, n): g speeds, n rows."""

    water_degc: FloatArray  # from outdoors; a bypass keeps it from freezing
    entering_degc: FloatArray  # at the condensers
    economizer_kw: FloatArray
    chiller_kw: FloatArray
    part_load_frac: FloatArray
    rejected_kw: FloatArray


def reject_with_chillers(room: PlantRoom, mode: Mode, chillers_on: int, demand: Demand, limits: LimitLog) -> Rejection:
    """Return powers and temperatures with chillers on; rows that break a limit are named in `limits`."""
    group = group_chillers(room.chillers[:chillers_on])
    condenser_lps = room.condenser_lps(mode, room.chillers[:chillers_on])
    outside = room.outside_at(condenser_lps)
    limits.require(demand.leaving_degc <= group.max_leaving_water_degc, f"{room.plant_id}: chiller leaving water max")
    trials = _try(room, mode, group, condenser_lps, demand)
    may_cycle = demand.may_cycle and chillers_on == 1 and mode is Mode.MECHANICAL
    most_frac = 1.0 if chillers_on >= len(room.chillers) else MOST_PART_LOAD_WITH_NEXT
    allowed = _allowed(room.plant_id, outside, group, trials, limits, most_frac=most_frac, may_cycle=may_cycle)
    fan_kw = outside.fan_kw(outside.fan_speeds, condenser_lps)
    best = np.argmin(_cost_kw(room, outside, trials, fan_kw, demand) + _FORBIDDEN_KW * ~allowed, axis=0)

    def pick(values: FloatArray) -> FloatArray:
        return np.asarray(values[best, np.arange(best.size)])

    entering, water = pick(trials.entering_degc), pick(trials.water_degc)
    speed, rejected = outside.fan_speeds[best], pick(trials.rejected_kw)
    return Rejection(
        chiller_kw=pick(trials.chiller_kw),
        fan_kw=fan_kw[best],
        condenser_pump_kw=np.full(best.shape, room.condenser_pump_kw(condenser_lps)),
        fan_speed_frac=speed,
        condenser_water_degc=_shown_degc(condenser_lps, entering if mode is Mode.MECHANICAL else water),
        entering_condenser_degc=entering,
        part_load_frac=pick(trials.part_load_frac),
        economizer_kw=pick(trials.economizer_kw),
        rejected_kw=rejected,
        makeup_lps=outside.makeup_lps(speed, condenser_lps, demand.weather, rejected),
        pads_wet=np.full(best.shape, outside.pads_on),
        sink_degc=outside.sink_degc(demand.weather),
        fan_extrapolated=outside.extrapolated(condenser_lps, demand.weather, rejected),
        chiller_extrapolated=group.curves.extrapolated(demand.leaving_degc, entering),
    )


def _shown_degc(condenser_lps: float, water_degc: FloatArray) -> FloatArray:
    return water_degc if condenser_lps > 0 else np.full_like(water_degc, np.nan)


def _try(room: PlantRoom, mode: Mode, group: Chiller, condenser_lps: float, demand: Demand) -> _Trials:
    heat, leaving_degc = demand.heat_kw, demand.leaving_degc
    outside, weather = room.outside_at(condenser_lps), demand.weather
    rejected: FloatArray = heat * (1 + 0.7 / group.rated_cop)
    reached_degc = outside.reached_degc(outside.fan_speeds[:, None], condenser_lps, weather)
    for _ in range(_HEAT_PASSES):
        water = np.maximum(reached_degc(rejected), outside.coldest_degc)
        entering = entering_degc(group, water, weather.outdoor_degc)
        capacity = chiller.available_capacity_kw(group.rated_cooling_kw, leaving_degc, entering, group.curves)
        free_kw = np.zeros_like(water)
        if mode is Mode.PARTIAL:  # the economizer leaves the chiller its least part load
            most = heat - group.min_part_load_frac * capacity
            free_kw = np.clip(_economizer_kw(room, demand, water, condenser_lps), 0.0, most)
        power = chiller.power_kw(
            heat - free_kw,
            leaving_degc,
            entering,
            rated_cooling_kw=group.rated_cooling_kw,
            rated_cop=group.rated_cop,
            min_part_load_frac=group.min_part_load_frac,
            curves=group.curves,
            available_kw=capacity,
        )
        rejected = free_kw if group.air_cooled else heat + power
    return _Trials(water, entering, free_kw, power, (heat - free_kw) / capacity, rejected)


def entering_degc(group: Chiller, water_degc: FloatArray, outdoor_degc: FloatArray) -> FloatArray:
    """Return what enters the condensers [degC]: outdoor air, or water that a mixing valve warms for the machine."""
    if group.air_cooled:
        return np.broadcast_to(outdoor_degc, water_degc.shape)
    return np.maximum(water_degc, group.min_entering_condenser_degc)


def _cost_kw(room: PlantRoom, outside: Outside, trials: _Trials, fan_kw: FloatArray, demand: Demand) -> FloatArray:
    """Return chiller and fan power as learned: chosen by the bare laws, the corrected optimum would jump between speeds."""
    fans = np.broadcast_to(fan_kw[:, None], trials.chiller_kw.shape)
    sink = {outside.sink: outside.sink_degc(demand.weather)}
    return _chiller_kw(room, trials, demand) + room.corrected_kw(outside.component, fans, sink)


def _chiller_kw(room: PlantRoom, trials: _Trials, demand: Demand) -> FloatArray:
    """Return chiller power as learned; what is learned is asked at every other speed, as it is smooth, and the mean between."""
    if "chiller" not in room.corrections:
        return trials.chiller_kw
    law_kw, over_law = trials.chiller_kw[::2], np.empty_like(trials.chiller_kw)
    drivers = {
        "part_load_frac": trials.part_load_frac[::2],
        "leaving_water_degc": demand.leaving_degc,
        "entering_condenser_degc": trials.entering_degc[::2],
    }
    known = room.corrected_kw("chiller", law_kw, drivers) / np.maximum(law_kw, _LEAST_KW)
    over_law[::2] = known
    over_law[1::2] = 0.5 * (known[:-1] + known[1:])
    return trials.chiller_kw * over_law


def _economizer_kw(room: PlantRoom, demand: Demand, water_degc: FloatArray, condenser_lps: float) -> FloatArray:
    """Return what it takes, as far as its own control lets it: shut, it leaves all heat to the chillers."""
    assert room.economizer is not None, "a mode of plants with an economizer"
    returning = demand.return_degc
    return economizer.open_frac(returning, water_degc, room.economizer.approach_k) * economizer.heat_kw(
        room.economizer_exchanger,
        return_degc=returning,
        condenser_degc=water_degc,
        chilled_flow_lps=demand.flow_lps,
        condenser_flow_lps=condenser_lps,
        rated_flow_lps=room.economizer_flow_lps,
    )


def _allowed(
    plant_id: str,
    outside: Outside,
    group: Chiller,
    trials: _Trials,
    limits: LimitLog,
    *,
    most_frac: float,
    may_cycle: bool,
) -> BoolArray:
    """Return which trials keep every limit (g, n), and name the limit of rows where none does."""
    entering, most_degc = trials.entering_degc, MAX_ENTERING_CONDENSER_DEGC[group.condenser]
    limits.require(
        (entering >= group.min_entering_condenser_degc).any(axis=0), f"{plant_id}: outdoor air min of chillers"
    )
    allowed = entering <= most_degc
    name = "outdoor air max of chillers" if group.air_cooled else f"{outside.component.replace('_', ' ')} capacity"
    limits.require(allowed.any(axis=0), f"{plant_id}: {name}")
    allowed &= may_cycle | (trials.part_load_frac >= group.min_part_load_frac - _ROUNDING)
    limits.require(allowed.any(axis=0), f"{plant_id}: chiller part load min")
    allowed &= trials.part_load_frac <= most_frac + _ROUNDING
    limits.require(allowed.any(axis=0), f"{plant_id}: chiller capacity")
    return allowed
