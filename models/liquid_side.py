"""The liquid side: what a technology loop asks of the chilled water, and how warm its servers are fed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models import cdu
from models.heat_exchanger import WATER_KJ_PER_LK
from models.nameplate import LiquidLoop, group_cdus

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

WARM_MARGIN_K = 3.0  # below the servers' limit: what a loop may rise while its controls answer
_LEAST_VALVE = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class LiquidAnswer:
    """Steady answer of a loop, (n,)."""

    pump_kw: FloatArray
    flow_lps: FloatArray
    supply_degc: FloatArray
    heat_kw: FloatArray  # into the facility water
    water_lps: FloatArray
    over_capacity: BoolArray
    too_warm: BoolArray


def answer(loop: LiquidLoop, it_kw: FloatArray, water_degc: npt.ArrayLike, water_rise_k: float) -> LiquidAnswer:
    """Return pump power, secondary supply and facility water of a loop.

    The secondary is fed as warm as its servers' limit allows with a margin, and as may be set: little facility water then
    carries the heat, comes back warm, and economizers and heat pumps have more of it. Colder only where the floor (dew point
    or the makers' minimum) or facility water in proportion to heat would make it warmer still, and at its maximum where it
    must.

    Parameters
    ----------
    loop
        The loop with the CDUs in service.
    it_kw
        IT power into the liquid [kW], (n,).
    water_degc
        Facility water at the primary side [degC], (n,) or one for all rows.
    water_rise_k
        Rise of the facility water at the CDUs' rating [K].
    """
    group, water = group_cdus(loop.cdus), np.asarray(water_degc, float)
    rated_water_kw_per_k = group.rated_heat_kw / water_rise_k
    exchanger = cdu.rated_exchanger(group.rated_heat_kw, group.rated_flow_lps, group.approach_k, rated_water_kw_per_k)
    flow = cdu.flow_frac(it_kw, group.rated_heat_kw, group.min_flow_frac)
    drop_k = it_kw / (flow * group.rated_flow_lps * WATER_KJ_PER_LK)

    def supply_at(valve: FloatArray) -> FloatArray:
        return water + drop_k * (1 / exchanger.effectiveness_at(flow, valve) - 1)

    in_proportion = supply_at(np.clip(it_kw / group.rated_heat_kw, _LEAST_VALVE, 1.0))
    wanted = np.minimum(np.maximum(in_proportion, loop.supply_max_degc - WARM_MARGIN_K), loop.setpoint_max_degc)
    coldest = supply_at(np.ones_like(flow))
    supply = np.maximum(np.minimum(wanted, loop.supply_max_degc), np.maximum(coldest, loop.supply_floor_degc))
    needed = drop_k / np.maximum(drop_k + supply - water, 1e-6)
    valve = exchanger.cold_flow_for(flow, needed)
    pump_kw = cdu.pump_kw(flow, group.rated_pump_kw)
    return LiquidAnswer(
        pump_kw=pump_kw,
        flow_lps=flow * group.rated_flow_lps,
        supply_degc=supply,
        heat_kw=it_kw + pump_kw,
        water_lps=valve * rated_water_kw_per_k / WATER_KJ_PER_LK,
        over_capacity=it_kw > group.rated_heat_kw,
        too_warm=supply > loop.supply_max_degc + 1e-6,
    )
