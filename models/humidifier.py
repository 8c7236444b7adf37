"""Humidifiers: the moisture a hall is short of, what giving it takes, and what that does to the air.

How a machine makes vapour shows in its electricity: steam takes 0.72 to 0.78 kWh a kilogram and leaves the air as warm as it
was; ultrasonic nozzles take a tenth, and the air itself evaporates the water.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

LATENT_KJ_PER_KG = 2501.0
_STEAM_KWH_PER_KG = 0.4  # above it the water is boiled
_STEAM_DRAIN_FRAC = 0.1
_EVAPORATIVE_DRAIN_FRAC = 0.25


def moisture_kgps(
    dry_air_kgps: npt.ArrayLike, humidity_ratio: npt.ArrayLike, wanted_ratio: npt.ArrayLike
) -> FloatArray:
    """Return the vapour [kg/s] that an airflow [kg dry air/s] lacks to a humidity ratio [kg/kg]; 0 where it is moist enough."""
    short = np.maximum(np.asarray(wanted_ratio, float) - np.asarray(humidity_ratio, float), 0.0)
    added: FloatArray = np.asarray(dry_air_kgps, float) * short
    return added


def power_kw(moisture_kgps: npt.ArrayLike, kwh_per_kg: float) -> FloatArray:
    """Return the electrical power of a humidifier [kW] from the vapour it gives [kg/s].

    References
    ----------
    ASHRAE Handbook, HVAC Systems and Equipment, humidifiers.
    """
    power: FloatArray = np.asarray(moisture_kgps, float) * 3600 * kwh_per_kg
    return power


def cooling_kj_per_kg(kwh_per_kg: float) -> float:
    """Return the sensible heat that a kilogram of vapour takes from the air [kJ/kg]; slightly negative for steam."""
    return LATENT_KJ_PER_KG - 3600 * kwh_per_kg


def water_lps(moisture_kgps: npt.ArrayLike, kwh_per_kg: float) -> FloatArray:
    """Return the water taken [L/s]: what evaporates, and what is drained against scale."""
    drained = _STEAM_DRAIN_FRAC if kwh_per_kg > _STEAM_KWH_PER_KG else _EVAPORATIVE_DRAIN_FRAC
    water: FloatArray = np.asarray(moisture_kgps, float) * (1 + drained)
    return water
