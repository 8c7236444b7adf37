"""The plant room without chillers: the exchanger fixes the condenser water, the tower fans follow from it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models import economizer
from models.limits import LimitLog
from models.plant_room import Demand, PlantRoom, Rejection

FloatArray = npt.NDArray[np.float64]


def reject_free(room: PlantRoom, demand: Demand, limits: LimitLog) -> Rejection:
    """Return powers and temperatures in free cooling; rows that break a limit are named in `limits`."""
    rated_lps = room.economizer_flow_lps
    condenser_lps = min(rated_lps, room.condenser_pump.rated_flow_lps)
    effectiveness = room.economizer_exchanger.effectiveness_at(demand.flow_lps / rated_lps, condenser_lps / rated_lps)
    returning = demand.return_degc
    needed_degc = returning - (returning - demand.leaving_degc) / effectiveness

    speeds = room.fan_speeds
    reached = room.tower_water_degc(speeds, condenser_lps, demand.wet_bulb_degc, demand.heat_kw[:, None])
    limits.require(needed_degc >= economizer.FROST_BASIN_DEGC, f"{room.plant_id}: basin frost limit")
    limits.require(reached[:, -1] <= needed_degc, f"{room.plant_id}: economizer too warm")
    speed = speed_reaching(needed_degc, reached, speeds)
    none = np.zeros_like(demand.heat_kw)
    return Rejection(
        chiller_kw=none,
        tower_kw=room.tower_kw(speed, condenser_lps),
        condenser_pump_kw=none + room.condenser_pump_kw(condenser_lps),
        tower_speed_frac=speed,
        condenser_water_degc=needed_degc,  # a bypass holds it where the slowest fans would make it colder
        entering_condenser_degc=needed_degc,
        part_load_frac=none,
        economizer_kw=demand.heat_kw,
        rejected_kw=demand.heat_kw,
        condenser_flow_lps=condenser_lps,
        tower_extrapolated=room.tower_extrapolated(condenser_lps, demand.wet_bulb_degc, demand.heat_kw),
        chiller_extrapolated=np.zeros(none.shape, bool),
    )


def speed_reaching(needed_degc: FloatArray, reached_degc: FloatArray, speeds: FloatArray) -> FloatArray:
    """Return the fan speed at which each row reaches a water temperature; `reached_degc` (n, g) falls along the speeds."""
    falling = np.minimum.accumulate(reached_degc, axis=1)
    right = np.clip((falling > needed_degc[:, None]).sum(axis=1), 1, speeds.size - 1)
    left, rows = right - 1, np.arange(needed_degc.size)
    step = np.maximum(falling[rows, left] - falling[rows, right], 1e-9)
    part = np.clip((falling[rows, left] - needed_degc) / step, 0.0, 1.0)
    speed: FloatArray = speeds[left] + part * (speeds[right] - speeds[left])
    return speed
