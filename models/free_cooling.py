"""The plant room without chillers: the exchanger fixes the condenser water, the fans outdoors follow from it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.cooling import Mode
from models.limits import LimitLog
from models.plant_room import Demand, PlantRoom, Rejection

FloatArray = npt.NDArray[np.float64]


def reject_free(room: PlantRoom, demand: Demand, limits: LimitLog, *, held_degc: float = np.inf) -> Rejection:
    """Return powers and temperatures in free cooling; rows that break a limit are named in `limits`.

    Condenser water held colder than the exchanger needs [degC] takes more of the fans.
    """
    rated_lps, outside = room.economizer_flow_lps, room.outside
    condenser_lps = room.condenser_lps(Mode.FREE, ())
    effectiveness = room.economizer_exchanger.effectiveness_at(demand.flow_lps / rated_lps, condenser_lps / rated_lps)
    returning = demand.return_degc
    needed_degc = np.minimum(returning - (returning - demand.leaving_degc) / effectiveness, held_degc)

    speeds, heat = outside.fan_speeds, demand.heat_kw
    reached = outside.reached_degc(speeds[:, None], condenser_lps, demand.weather)(heat)
    limits.require(needed_degc >= outside.coldest_degc, f"{room.plant_id}: condenser water frost limit")
    limits.require(reached[-1] <= needed_degc, f"{room.plant_id}: economizer too warm")
    speed = speed_reaching(needed_degc, reached, speeds)
    none = np.zeros_like(heat)
    return Rejection(
        chiller_kw=none,
        fan_kw=outside.fan_kw(speed, condenser_lps),
        condenser_pump_kw=none + room.condenser_pump_kw(condenser_lps),
        fan_speed_frac=speed,
        condenser_water_degc=needed_degc,  # a bypass holds it where the slowest fans would make it colder
        entering_condenser_degc=needed_degc,
        part_load_frac=none,
        economizer_kw=heat,
        rejected_kw=heat,
        makeup_lps=outside.makeup_lps(speed, condenser_lps, demand.weather, heat),
        pads_wet=np.full(none.shape, outside.pads_on),
        sink_degc=outside.sink_degc(demand.weather),
        fan_extrapolated=outside.extrapolated(condenser_lps, demand.weather, heat),
        chiller_extrapolated=np.zeros(none.shape, bool),
    )


def speed_reaching(needed_degc: FloatArray, reached_degc: FloatArray, speeds: FloatArray) -> FloatArray:
    """Return the fan speed at which each row reaches a water temperature; `reached_degc` (g, n) falls along the speeds."""
    falling = np.minimum.accumulate(reached_degc, axis=0)
    right = np.clip((falling > needed_degc).sum(axis=0), 1, speeds.size - 1)
    left, rows = right - 1, np.arange(needed_degc.size)
    step = np.maximum(falling[left, rows] - falling[right, rows], 1e-9)
    part = np.clip((falling[left, rows] - needed_degc) / step, 0.0, 1.0)
    speed: FloatArray = speeds[left] + part * (speeds[right] - speeds[left])
    return speed
