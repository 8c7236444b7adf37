"""The plant room with chillers on, alone or behind the economizer.

Every fan speed of a grid is tried and the cheapest kept: a minimum of smooth curves stays continuous in load and weather.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models import chiller, economizer
from models.cooling import Mode
from models.heat_exchanger import WATER_KJ_PER_LK
from models.limits import LimitLog
from models.nameplate import Chiller, group_chillers
from models.plant_room import Demand, PlantRoom, Rejection

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MAX_ENTERING_CONDENSER_DEGC = 36.0  # most machines trip on head pressure not far above
_FORBIDDEN_KW = 1e7
_ROUNDING = 1e-9
_HEAT_PASSES = 2  # compressor heat moves the tower's range by tenths of a kelvin: twice is enough


@dataclass(frozen=True, slots=True, eq=False)
class _Trials:
    """Answers at each tower fan speed: n rows, g speeds."""

    water_degc: FloatArray  # from the towers; a bypass keeps the basin from freezing
    entering_degc: FloatArray  # at the condensers
    economizer_kw: FloatArray
    economizer_drop_k: FloatArray  # of the chilled water
    chiller_kw: FloatArray
    part_load_frac: FloatArray
    rejected_kw: FloatArray


def reject_with_chillers(room: PlantRoom, mode: Mode, chillers_on: int, demand: Demand, limits: LimitLog) -> Rejection:
    """Return powers and temperatures with chillers on; rows that break a limit are named in `limits`."""
    group = group_chillers(room.chillers[:chillers_on])
    condenser_lps = room.condenser_pump.rated_flow_lps * chillers_on / room.chillers_installed
    trials = _try(room, mode, group, condenser_lps, demand)
    allowed = _allowed(room.plant_id, trials, group.min_part_load_frac, limits)
    tower_kw = room.tower_kw(room.fan_speeds, condenser_lps)
    best = np.argmin(_cost_kw(room, trials, tower_kw, demand) + _FORBIDDEN_KW * ~allowed, axis=1)

    def pick(values: FloatArray) -> FloatArray:
        return np.asarray(values[np.arange(best.size), best])

    if mode is Mode.PARTIAL:  # at the cheapest fan speed, else its own control would shut it off
        limits.require(
            economizer.worth_keeping(-pick(trials.economizer_drop_k), 0.0), f"{room.plant_id}: economizer too warm"
        )
    entering = np.maximum(pick(trials.water_degc), group.min_entering_condenser_degc)
    return Rejection(
        chiller_kw=pick(trials.chiller_kw),
        tower_kw=tower_kw[best],
        condenser_pump_kw=np.full(best.shape, room.condenser_pump_kw(condenser_lps)),
        tower_speed_frac=room.fan_speeds[best],
        condenser_water_degc=entering if mode is Mode.MECHANICAL else pick(trials.water_degc),
        entering_condenser_degc=entering,
        part_load_frac=pick(trials.part_load_frac),
        economizer_kw=pick(trials.economizer_kw),
        rejected_kw=pick(trials.rejected_kw),
        condenser_flow_lps=condenser_lps,
        tower_extrapolated=room.tower_extrapolated(condenser_lps, demand.wet_bulb_degc, pick(trials.rejected_kw)),
        chiller_extrapolated=group.curves.extrapolated(demand.leaving_degc, entering),
    )


def _try(room: PlantRoom, mode: Mode, group: Chiller, condenser_lps: float, demand: Demand) -> _Trials:
    heat = demand.heat_kw[:, None]
    rejected: FloatArray = heat * (1 + 0.7 / group.rated_cop)
    for _ in range(_HEAT_PASSES):
        reached = room.tower_water_degc(room.fan_speeds, condenser_lps, demand.wet_bulb_degc, rejected)
        water = np.maximum(reached, economizer.FROST_BASIN_DEGC)
        entering = np.maximum(water, group.min_entering_condenser_degc)  # a mixing valve warms it for the machine
        capacity = chiller.available_capacity_kw(group.rated_cooling_kw, demand.leaving_degc, entering, group.curves)
        free_kw = np.zeros_like(water)
        if mode is Mode.PARTIAL:  # the economizer leaves the chiller its least part load
            most = heat - group.min_part_load_frac * capacity
            free_kw = np.clip(_economizer_kw(room, demand, water, condenser_lps), 0.0, most)
        power = chiller.power_kw(
            heat - free_kw,
            demand.leaving_degc,
            entering,
            rated_cooling_kw=group.rated_cooling_kw,
            rated_cop=group.rated_cop,
            min_part_load_frac=group.min_part_load_frac,
            curves=group.curves,
        )
        rejected = heat + power
    drop_k = free_kw / (WATER_KJ_PER_LK * demand.flow_lps[:, None])
    return _Trials(water, entering, free_kw, drop_k, power, (heat - free_kw) / capacity, rejected)


def _cost_kw(room: PlantRoom, trials: _Trials, tower_kw: FloatArray, demand: Demand) -> FloatArray:
    """Return chiller and tower power as learned: chosen by the bare laws, the corrected optimum would jump between speeds."""
    drivers = {
        "part_load_frac": trials.part_load_frac,
        "leaving_water_degc": np.full(trials.chiller_kw.shape, demand.leaving_degc),
        "entering_condenser_degc": trials.entering_degc,
    }
    fans = np.broadcast_to(tower_kw, trials.chiller_kw.shape)
    return room.corrected_kw("chiller", trials.chiller_kw, drivers) + room.corrected_kw(
        "tower", fans, {"wet_bulb_degc": demand.wet_bulb_degc[:, None]}
    )


def _economizer_kw(room: PlantRoom, demand: Demand, water_degc: FloatArray, condenser_lps: float) -> FloatArray:
    return economizer.heat_kw(
        room.economizer_exchanger,
        return_degc=demand.return_degc[:, None],
        condenser_degc=water_degc,
        chilled_flow_lps=demand.flow_lps[:, None],
        condenser_flow_lps=condenser_lps,
        rated_flow_lps=room.economizer_flow_lps,
    )


def _allowed(plant_id: str, trials: _Trials, least_part_load: float, limits: LimitLog) -> BoolArray:
    """Return which trials keep every limit (n, g), and name the limit of rows where none does."""
    allowed = trials.water_degc <= MAX_ENTERING_CONDENSER_DEGC
    limits.require(allowed.any(axis=1), f"{plant_id}: tower capacity")
    allowed &= trials.part_load_frac >= least_part_load - _ROUNDING
    limits.require(allowed.any(axis=1), f"{plant_id}: chiller part load min")
    allowed &= trials.part_load_frac <= 1.0 + _ROUNDING
    limits.require(allowed.any(axis=1), f"{plant_id}: chiller capacity")
    return allowed
