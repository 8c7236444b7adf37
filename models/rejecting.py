"""How a plant room rejects heat in a state: with chillers or without, the pads of dry coolers wet where that costs less."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from models.chilled_by_machine import reject_with_chillers
from models.cooling import Mode, Stage
from models.dry_cooler_bank import DryCoolers
from models.free_cooling import reject_free
from models.limits import LimitLog
from models.plant_room import Demand, PlantRoom, Rejection

FloatArray = npt.NDArray[np.float64]

_LPS_OF_M3PH = 3.6


def reject(room: PlantRoom, stage: Stage, demand: Demand, limits: LimitLog, water_kwh_per_m3: float) -> Rejection:
    """Return the answer of the plant room; rows that break a limit are named in `limits`.

    Pads are wet where dry air would break a limit, or where they save more than their water is worth [kWh/m3].
    """
    outside = room.outside
    if not isinstance(outside, DryCoolers) or not outside.may_wet(demand.weather).any():
        return _reject(room, stage, demand, limits)
    before = limits.copy()
    dry = _reject(room, stage, demand, limits)
    wetted = dataclasses.replace(room, outside=dataclasses.replace(outside, wetted_frac=1.0))
    wet = _reject(wetted, stage, demand, before)
    cheaper = _cost_kw(wetted, demand, wet, water_kwh_per_m3) < _cost_kw(room, demand, dry, 0.0)
    chosen = outside.may_wet(demand.weather) & before.feasible & (cheaper | ~limits.feasible)
    limits.clear(chosen)
    columns = {
        one.name: np.where(chosen, getattr(wet, one.name), getattr(dry, one.name)) for one in dataclasses.fields(dry)
    }
    return Rejection(**columns)


def _reject(room: PlantRoom, stage: Stage, demand: Demand, limits: LimitLog) -> Rejection:
    if stage.mode is not Mode.FREE and room.chillers:
        return reject_with_chillers(room, stage.mode, stage.chillers_on, demand, limits)
    if stage.mode is not Mode.FREE:
        limits.require(np.zeros(demand.heat_kw.size, bool), f"{room.plant_id}: chiller in service")
    return reject_free(room, demand, limits)


def _cost_kw(room: PlantRoom, demand: Demand, rejection: Rejection, water_kwh_per_m3: float) -> FloatArray:
    """Return the power of chillers and fans as learned, and what the water is worth in power."""
    chiller_kw = room.corrected_kw("chiller", rejection.chiller_kw, rejection.chiller_drivers(demand.leaving_degc))
    fan_kw = room.corrected_kw(room.outside.component, rejection.fan_kw, {room.outside.sink: rejection.sink_degc})
    return chiller_kw + fan_kw + water_kwh_per_m3 * _LPS_OF_M3PH * rejection.makeup_lps
