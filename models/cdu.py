"""Coolant distribution units: a plate exchanger between facility water and a technology loop, and its pump."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models import pump
from models.heat_exchanger import WATER_KJ_PER_LK, HeatExchanger

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_STATIC_HEAD_FRAC = 0.2  # cold plates and hoses: mostly friction; a small held differential pressure


def rated_exchanger(
    rated_heat_kw: float, rated_flow_lps: float, approach_k: float, rated_water_kw_per_k: float
) -> HeatExchanger:
    """Return the exchanger of a CDU.

    `approach_k` [K] is secondary supply minus primary supply at rated heat [kW] and flows (secondary [L/s], primary [kW/K]).
    """
    secondary_kw_per_k = rated_flow_lps * WATER_KJ_PER_LK
    drop_k = rated_heat_kw / secondary_kw_per_k
    return HeatExchanger(drop_k / (drop_k + approach_k), secondary_kw_per_k / rated_water_kw_per_k)


def flow_frac(heat_kw: npt.ArrayLike, rated_heat_kw: float, min_flow_frac: float) -> FloatArray:
    """Return the secondary flow ratio [-] that keeps the rated temperature rise across the servers, within [minimum, 1]."""
    return np.clip(np.asarray(heat_kw, float) / rated_heat_kw, min_flow_frac, 1.0)


def pump_kw(secondary_flow_frac: npt.ArrayLike, rated_pump_kw: npt.ArrayLike) -> FloatArray:
    """Return the power of the secondary pump [kW] at a flow ratio [-]."""
    return pump.power_kw(secondary_flow_frac, rated_pump_kw, _STATIC_HEAD_FRAC)


def approach_k(
    exchanger: HeatExchanger, drop_k: npt.ArrayLike, primary_frac: npt.ArrayLike, secondary_frac: npt.ArrayLike
) -> FloatArray:
    """Return secondary supply minus primary supply.

    Parameters
    ----------
    exchanger
        From `rated_exchanger`.
    drop_k
        Secondary return minus supply [K]: heat over flow and heat capacity.
    primary_frac, secondary_frac
        Flow over rated flow of each side [-].

    Returns
    -------
    FloatArray
        Approach [K]; it shrinks with heat, and with more primary or less secondary flow.
    """
    effectiveness = exchanger.effectiveness_at(secondary_frac, primary_frac)
    approach: FloatArray = np.asarray(drop_k, float) * (1 / effectiveness - 1)
    return approach


def supply_reachable(
    exchanger: HeatExchanger,
    wanted_degc: npt.ArrayLike,
    primary_degc: npt.ArrayLike,
    drop_k: npt.ArrayLike,
    secondary_frac: npt.ArrayLike,
) -> BoolArray:
    """Return where a secondary supply setpoint [degC] is within reach with the primary valve open."""
    coldest = np.asarray(primary_degc, float) + approach_k(exchanger, drop_k, 1.0, secondary_frac)
    reachable: BoolArray = np.asarray(wanted_degc, float) >= coldest
    return reachable


def warmest_primary_degc(
    exchanger: HeatExchanger, wanted_degc: npt.ArrayLike, drop_k: npt.ArrayLike, secondary_frac: npt.ArrayLike
) -> FloatArray:
    """Return the warmest facility water [degC] that still reaches a secondary supply [degC], valve open."""
    warmest: FloatArray = np.asarray(wanted_degc, float) - approach_k(exchanger, drop_k, 1.0, secondary_frac)
    return warmest
