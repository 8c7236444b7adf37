"""What history says of the coils of a plant: the effectiveness that each hall needed, and the chilled water that all took."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from models import cdu, coil, fan
from models.hall_air import Hall, air_kw_per_k
from models.heat_exchanger import WATER_KJ_PER_LK
from models.history_rows import hall_rows
from models.nameplate import LiquidLoop, group_cdus
from models.plant_model import CoolingPlant

FloatArray = npt.NDArray[np.float64]

FLOW, LIQUID = "flow_lps", "liquid_lps"
AIR, NEEDED = "air_frac", "needed_frac"  # by hall: airflow over rated, effectiveness of the air side
_BYPASS_FRAC = (
    1.1  # of the least flow through an evaporator: with less water a bypass is open, and says nothing of coils
)
_MOST_NEEDED = 0.98
# A floor of the flow that no nameplate tells of: so many rows this near to the middle of the lowest.
_LOWEST, _FLOOR_SHARE, _NEAR_FRAC = 0.1, 0.25, 0.01


def coil_columns(plant: CoolingPlant) -> tuple[str, ...]:
    """Return the columns of history that the rows are made of, beside those of the halls (`models.site_fit.hall_columns`)."""
    quantities = ("secondary_flow_lps", "secondary_supply_temperature_degc", "secondary_return_temperature_degc")
    units = (unit.id for loop in plant.loop_parts for unit in loop.cdus)
    loops = (f"{unit}.{q}" for unit in units for q in quantities)
    return (flow_column(plant), _leaving(plant), *_dampers(plant), *loops)


def flow_column(plant: CoolingPlant) -> str:
    """Return the column of the plant's chilled-water flow."""
    return f"{plant.plant_id}.chilled_water_flow_lps"


def _dampers(plant: CoolingPlant) -> list[str]:
    """Return the columns of the modes of the dampers of its halls."""
    return [f"{hall.airside.economizer.id}.economizer_mode" for hall in plant.hall_parts if hall.airside]


def _leaving(plant: CoolingPlant) -> str:
    return f"{plant.plant_id}.leaving_chilled_water_temperature_degc"


def coil_rows(plant: CoolingPlant, frame: pd.DataFrame, liquid_frac: Mapping[str, float]) -> pd.DataFrame:
    """Return whole rows: `flow_lps` measured, `liquid_lps` of the loops by their law, and by hall what its coils had to do.

    Rows with so little water that a bypass feeds the evaporators are left out, by what these need and where the flow rests at its
    lowest; and rows in which some hall's dampers were open, or may have been: outdoor air took heat that coils did not.
    """
    water = frame[_leaving(plant)]
    rows = pd.DataFrame({FLOW: frame[flow_column(plant)], LIQUID: 0.0}, index=frame.index)
    for loop in plant.loop_parts:
        rows[LIQUID] += _loop_lps(plant, loop, frame)
    for hall in plant.hall_parts:
        rows[f"{hall.id}.{AIR}"], rows[f"{hall.id}.{NEEDED}"] = _asked(
            hall, hall_rows(hall, frame, liquid_frac)[0], water
        )
    rows = rows[(frame[_dampers(plant)] == 0.0).all(axis=1)].dropna()
    unbypassed = (rows[FLOW] > _BYPASS_FRAC * plant.least_flow_lps(chillers_on=1)) & ~_at_floor(rows[FLOW])
    possible = (rows[[f"{hall.id}.{NEEDED}" for hall in plant.hall_parts]] < _MOST_NEEDED).all(axis=1)
    return rows[unbypassed & possible]


def _at_floor(flow_lps: pd.Series[float]) -> pd.Series[bool]:
    """Return rows at the least flow of the pumps' own control, if many are."""
    floor_lps = flow_lps[flow_lps <= flow_lps.quantile(_LOWEST)].median()
    near = (flow_lps / floor_lps - 1.0).abs() < _NEAR_FRAC
    return near & (near.mean() > _FLOOR_SHARE)


def _asked(hall: Hall, air: pd.DataFrame, water: pd.Series[float]) -> tuple[pd.Series[float], FloatArray]:
    group = hall.group
    airflow = air[[f"{crah.id}.airflow_m3ps" for crah in hall.crahs]].sum(axis=1, skipna=False)
    speed = airflow / group.rated_airflow_m3ps
    fan_rise_k = fan.power_kw(speed, group.rated_fan_kw) / np.maximum(air_kw_per_k(hall, speed), 1e-6)
    drop_k = np.maximum(air["air_rise_k"], 0.0) + fan_rise_k
    return speed, coil.needed_effectiveness(drop_k, air["supply_air_degc"], water)


def _loop_lps(plant: CoolingPlant, loop: LiquidLoop, frame: pd.DataFrame) -> FloatArray:
    """Return facility water by the law of the loop's exchangers, from what was measured on their other side."""
    group = group_cdus(loop.cdus)
    rated_kw_per_k = group.rated_heat_kw / plant.water_rise_k
    exchanger = cdu.rated_exchanger(group.rated_heat_kw, group.rated_flow_lps, group.approach_k, rated_kw_per_k)
    flows = np.stack([frame[f"{unit.id}.secondary_flow_lps"].to_numpy(float) for unit in loop.cdus])
    supplies, returns = (
        np.stack([frame[f"{unit.id}.secondary_{side}_temperature_degc"].to_numpy(float) for unit in loop.cdus])
        for side in ("supply", "return")
    )
    flow = flows.sum(axis=0)
    weight = flows / np.maximum(flow, 1e-6)
    supply, drop_k = (weight * supplies).sum(axis=0), np.maximum((weight * (returns - supplies)).sum(axis=0), 0.0)
    needed = drop_k / np.maximum(drop_k + supply - frame[_leaving(plant)].to_numpy(float), 1e-6)
    valve = exchanger.cold_flow_for(
        np.where(np.isfinite(flow), flow, 0.0) / group.rated_flow_lps, np.nan_to_num(needed)
    )
    lps: FloatArray = np.where(np.isfinite(flow + needed), valve * rated_kw_per_k / WATER_KJ_PER_LK, np.nan)
    return lps
