"""Halls and loops together: the airflow trial that costs least, and what they ask of the chilled water."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models import hall_air, liquid_side
from models.cooling import JointState, Load
from models.hall_air import Hall
from models.limits import LimitLog
from models.liquid_side import LiquidAnswer
from models.nameplate import LiquidLoop

FloatArray = npt.NDArray[np.float64]
StrArray = npt.NDArray[np.str_]

_FORBIDDEN_KW = 1e7
_ASSUMED_COP = 6.0  # weighs fan heat against fan and pump power when the airflow is chosen


@dataclass(frozen=True, slots=True, eq=False)
class HallAnswer:
    """A hall at the airflow chosen, (n,)."""

    speed_frac: FloatArray
    fan_kw: FloatArray
    server_fan_kw: FloatArray
    air_rise_k: FloatArray
    bound_by: StrArray


@dataclass(frozen=True, slots=True, eq=False)
class Terminals:
    """Halls and loops at the airflow chosen; heat into and flow of the chilled water, (n,)."""

    halls: tuple[HallAnswer, ...]
    loops: tuple[LiquidAnswer, ...]
    heat_kw: FloatArray
    flow_lps: FloatArray

    def tightest(self, otherwise: str) -> StrArray:
        """Return what set the airflow of the hall whose fans turn fastest."""
        if not self.halls:
            return np.full(self.heat_kw.size, otherwise)
        fastest = np.argmax(np.stack([hall.speed_frac for hall in self.halls]), axis=0)
        bound_by: StrArray = np.stack([hall.bound_by for hall in self.halls])[fastest, np.arange(self.heat_kw.size)]
        return bound_by


def answer(
    halls: tuple[Hall, ...],
    loops: tuple[LiquidLoop, ...],
    state: JointState,
    load: Load,
    limits: LimitLog,
    *,
    water_rise_k: float,
    pump_kw: Callable[[FloatArray], FloatArray],
) -> Terminals:
    """Return halls and loops for a state and a load; the airflow trial, the same for all halls, costs least.

    `pump_kw` gives chilled-pump power [kW] at a flow [L/s]: more air lets the valves close.
    """
    water = state.leaving_water_degc
    air = [
        hall_air.answer(hall, load.it_air_kw[:, i], state.supply_air_degc[i], water, water_rise_k)
        for i, hall in enumerate(halls)
    ]
    liquid = tuple(
        liquid_side.answer(loop, load.it_liquid_kw[:, j], water, water_rise_k) for j, loop in enumerate(loops)
    )
    _check(halls, loops, air, liquid, limits)
    rows = np.arange(load.wet_bulb_degc.size)
    heat, flow = np.zeros(rows.size), np.zeros(rows.size)
    for loop_answer in liquid:
        heat, flow = heat + loop_answer.heat_kw, flow + loop_answer.water_lps
    if not air:
        return Terminals((), liquid, heat, flow)
    fans = sum((a.fan_kw + a.server_fan_kw for a in air), np.zeros(1))
    total_flow = sum((a.water_lps for a in air), flow[:, None])
    short = sum((~a.coil_reaches for a in air), np.zeros(1))
    cost = pump_kw(total_flow) + fans * (1 + 1 / _ASSUMED_COP) + _FORBIDDEN_KW * short
    trial = np.argmin(cost, axis=1)
    at = (rows, trial)
    chosen = tuple(
        HallAnswer(a.speed_frac[at], a.fan_kw[at], a.server_fan_kw[at], a.air_rise_k[at], a.bound_by) for a in air
    )
    return Terminals(chosen, liquid, sum((a.heat_kw[at] for a in air), heat), total_flow[at])


def _check(
    halls: tuple[Hall, ...],
    loops: tuple[LiquidLoop, ...],
    air: list[hall_air.AirAnswer],
    liquid: tuple[LiquidAnswer, ...],
    limits: LimitLog,
) -> None:
    for hall, hall_answer in zip(halls, air, strict=True):
        limits.require(~hall_answer.too_hot, f"{hall.id}: rack inlet max")
        limits.require(hall_answer.coil_reaches.any(axis=1), f"{hall.id}: coil capacity")
    for loop, loop_answer in zip(loops, liquid, strict=True):
        limits.require(~loop_answer.over_capacity, f"{loop.id}: CDU capacity")
        limits.require(~loop_answer.too_warm, f"{loop.id}: secondary supply max")
