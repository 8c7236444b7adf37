"""Chilled-water cooling coils of air handlers, on top of the exchanger law."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.heat_exchanger import AIR_KJ_PER_M3K, HeatExchanger

FloatArray = npt.NDArray[np.float64]

_AIR_SHARE = 0.8  # finned tubes: most of the resistance is on the air side
_AIR_EXPONENT = 0.6
_BISECTIONS = 10


def rated_coil(
    effectiveness: float, rated_airflow_m3ps: float, rated_water_kw_per_k: float, density_frac: float = 1.0
) -> HeatExchanger:
    """Return the exchanger of a coil from its rated air-side effectiveness [-], airflow [m3/s] and water rate [kW/K]."""
    ratio = rated_airflow_m3ps * AIR_KJ_PER_M3K * density_frac / rated_water_kw_per_k
    return HeatExchanger(effectiveness, ratio, _AIR_SHARE, _AIR_EXPONENT)


def needed_effectiveness(
    air_drop_k: npt.ArrayLike, supply_air_degc: npt.ArrayLike, water_degc: npt.ArrayLike
) -> FloatArray:
    """Return the air-side effectiveness [-] that cools air by `air_drop_k` to a supply temperature with water [degC].

    1 or more where the water is not colder than the supply air: no coil can.
    """
    drop = np.maximum(np.asarray(air_drop_k, float), 1e-6)
    colder = np.maximum(np.asarray(supply_air_degc, float) - np.asarray(water_degc, float), 0.0)
    needed: FloatArray = drop / (drop + colder)
    return needed


def least_airflow_frac(
    coil: HeatExchanger,
    full_flow_drop_k: npt.ArrayLike,
    supply_air_degc: float,
    water_degc: float,
    lowest: float,
) -> FloatArray:
    """Return the lowest airflow ratio at which a coil with its valve open reaches the supply air.

    Parameters
    ----------
    coil
        The exchanger.
    full_flow_drop_k
        Temperature drop of the air at full airflow for the heat in question [K], shape (n,).
    supply_air_degc, water_degc
        Supply air wanted and entering water [degC].
    lowest
        Lowest airflow ratio allowed [-].

    Returns
    -------
    FloatArray
        Airflow ratio in [lowest, 1], shape (n,); above 1 (1.01) where even full airflow does not reach it.
    """
    drop = np.asarray(full_flow_drop_k, float)

    def spare(flow: FloatArray) -> FloatArray:
        return coil.effectiveness_at(flow, 1.0) - needed_effectiveness(drop / flow, supply_air_degc, water_degc)

    low, high = np.full(drop.shape, lowest), np.ones(drop.shape)
    enough_at_low, enough_at_high = spare(low) >= 0, spare(high) >= 0
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        short = spare(middle) < 0
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    at_low, at_high = spare(low), spare(high)
    crossing = low - at_low * (high - low) / np.maximum(at_high - at_low, 1e-12)
    found = np.where(enough_at_low, lowest, np.clip(crossing, lowest, 1.0))
    return np.where(enough_at_high, found, 1.01)
