"""Coolant distribution units: a plate exchanger between facility water and a technology loop, and its pump."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models import pump
from models.heat_exchanger import WATER_KJ_PER_LK, HeatExchanger

FloatArray = npt.NDArray[np.float64]

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
