"""Halls and loops together: the airflow trial that costs least, and what they ask of the chilled water."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models import hall_air, liquid_side
from models.airside import Breath, OutdoorAir
from models.cooling import Load
from models.hall_air import Hall
from models.limits import LimitLog
from models.liquid_side import LiquidAnswer
from models.nameplate import LiquidLoop
from models.settings import Settings

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int_]

_FORBIDDEN_KW = 1e7
_ASSUMED_COP = 6.0  # weighs heat to the water against fan and pump power when the airflow is chosen


@dataclass(frozen=True, slots=True, eq=False)
class HallAnswer:
    """A hall at the airflow chosen, (n,)."""

    speed_frac: FloatArray
    fan_kw: FloatArray
    server_fan_kw: FloatArray
    air_rise_k: FloatArray
    at_least: BoolArray  # the least speed of its fans set the airflow, not its inlets
    heat_kw: FloatArray  # into the water
    breath: Breath


@dataclass(frozen=True, slots=True, eq=False)
class Terminals:
    """Halls and loops at the airflow chosen; heat into and flow of the chilled water, (n,)."""

    halls: tuple[HallAnswer, ...]
    loops: tuple[LiquidAnswer, ...]
    heat_kw: FloatArray
    flow_lps: FloatArray

    def tightest(self) -> tuple[IntArray, BoolArray]:
        """Return the hall whose fans turn fastest, and where even those turn at their least speed; 0 and never without halls."""
        if not self.halls:
            return np.zeros(self.heat_kw.size, int), np.zeros(self.heat_kw.size, bool)
        fastest = np.argmax(np.stack([hall.speed_frac for hall in self.halls]), axis=0)
        at_least = np.stack([hall.at_least for hall in self.halls])[fastest, np.arange(self.heat_kw.size)]
        return fastest, at_least


def answer(
    halls: tuple[Hall, ...],
    loops: tuple[LiquidLoop, ...],
    settings: Settings,
    load: Load,
    limits: LimitLog,
    *,
    water_rise_k: float,
    pump_kw: Callable[[FloatArray], FloatArray],
) -> Terminals:
    """Return halls and loops at settings and loads, a row each; the airflow trial, the same for all halls, costs least.

    `pump_kw` gives chilled-pump power [kW] at a flow [L/s]: more air lets the valves close.
    """
    water = settings.leaving_water_degc
    air = [
        hall_air.answer(
            hall, load.it_air_kw[:, i], settings.supply_air_degc(i), water, water_rise_k,
            outdoor=outdoor_air(hall, load), dampers_open=settings.dampers_open,
        )
        for i, hall in enumerate(halls)
    ]  # fmt: skip
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
    drawn = sum((a.fan_kw + a.server_fan_kw + a.breath.power_kw for a in air), np.zeros(1))
    to_water = sum((a.heat_kw for a in air), np.zeros(1))
    total_flow = sum((a.water_lps for a in air), flow)
    short = sum((~a.coil_reaches + a.too_cold_k for a in air), np.zeros(1))
    cost = pump_kw(total_flow) + drawn + to_water / _ASSUMED_COP + _FORBIDDEN_KW * short
    at = (np.argmin(cost, axis=0), rows)
    chosen = tuple(
        HallAnswer(
            a.speed_frac[at], a.fan_kw[at], a.server_fan_kw[at], a.air_rise_k[at], a.at_least, a.heat_kw[at],
            a.breath.at(at),
        )
        for a in air
    )  # fmt: skip
    return Terminals(chosen, liquid, heat + to_water[at], total_flow[at])


def outdoor_air(hall: Hall, load: Load) -> OutdoorAir | None:
    """Return what a hall may breathe; None where it cannot."""
    if hall.airside is None:
        return None
    return OutdoorAir.of(load.outdoor_degc, load.wet_bulb_degc, hall.airside.altitude_m, load.breathes)


def check_air(halls: tuple[Hall, ...], chosen: tuple[HallAnswer, ...], limits: LimitLog, *, told_to_open: bool) -> None:
    """Dampers told to open let air into some hall, and no hall's humidity leaves its envelope by dampers that are open."""
    breathing = [(hall, answer.breath) for hall, answer in zip(halls, chosen, strict=True) if hall.airside]
    if told_to_open:
        told = [(hall.id, breath) for hall, breath in breathing if not hall.breathes_by_itself]
        is_open = np.logical_or.reduce([breath.open for _, breath in told])
        limits.require(is_open, f"{', '.join(hall for hall, _ in told)}: outdoor air envelope")
    for hall, breath in breathing:
        limits.require(~breath.too_dry, f"{hall.id}: dew point min")
        limits.require(~breath.too_humid, f"{hall.id}: dew point or relative humidity max")


def _check(
    halls: tuple[Hall, ...],
    loops: tuple[LiquidLoop, ...],
    air: list[hall_air.AirAnswer],
    liquid: tuple[LiquidAnswer, ...],
    limits: LimitLog,
) -> None:
    for hall, hall_answer in zip(halls, air, strict=True):
        limits.require(~hall_answer.too_hot, f"{hall.id}: rack inlet max")
        limits.require(hall_answer.coil_reaches.any(axis=0), f"{hall.id}: coil capacity")
    for loop, loop_answer in zip(loops, liquid, strict=True):
        limits.require(~loop_answer.over_capacity, f"{loop.id}: CDU capacity")
        limits.require(~loop_answer.too_warm, f"{loop.id}: secondary supply max")
