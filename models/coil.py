"""Chilled-water cooling coils of air handlers, on top of the exchanger law."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.heat_exchanger import AIR_KJ_PER_M3K, HeatExchanger

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

AIR_SHARE = 0.8  # finned tubes: most of the resistance is on the air side
_AIR_EXPONENT = 0.6
LOW_LIMIT_AIR_DEGC = 5.0  # air onto a coil of plain water; the freeze thermostat trips near it


def rated_coil(
    effectiveness: float,
    rated_airflow_m3ps: float,
    rated_water_kw_per_k: float,
    density_frac: float = 1.0,
    *,
    conductance_frac: float = 1.0,
    air_share: float = AIR_SHARE,
) -> HeatExchanger:
    """Return the exchanger of a coil from its rated air-side effectiveness [-], airflow [m3/s] and water rate [kW/K].

    `conductance_frac` is what is left of its conductance [-], `air_share` the air side's share of its resistance [-].
    """
    ratio = rated_airflow_m3ps * AIR_KJ_PER_M3K * density_frac / rated_water_kw_per_k
    return HeatExchanger(effectiveness, ratio, air_share, _AIR_EXPONENT, conductance_frac=conductance_frac)


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


def may_freeze(entering_air_degc: npt.ArrayLike) -> BoolArray:
    """Return where air onto the coil [degC] is below the low limit, so that dampers must close before the coil freezes."""
    cold: BoolArray = np.asarray(entering_air_degc, float) < LOW_LIMIT_AIR_DEGC
    return cold
