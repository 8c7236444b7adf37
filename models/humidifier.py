"""Humidifiers: the moisture a hall is short of, and what steam or evaporative humidifiers take to give it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_STEAM_KJ_PER_KG = 2257.0 + 4.19 * 90.0  # boiled from 10 degC (steam tables)
_STEAM_LOSS_FRAC = 0.05
_STEAM_DRAIN_FRAC = 0.1
_ATOMISED_KWH_PER_KG = 0.05  # ultrasonic; high-pressure nozzles and wetted media take a tenth
_EVAPORATIVE_DRAIN_FRAC = 0.25
_LATENT_KJ_PER_KG = 2501.0


def moisture_kgps(
    dry_air_kgps: npt.ArrayLike, humidity_ratio: npt.ArrayLike, wanted_ratio: npt.ArrayLike
) -> FloatArray:
    """Return the vapour [kg/s] that an airflow [kg dry air/s] lacks to a humidity ratio [kg/kg]; 0 where it is moist enough."""
    short = np.maximum(np.asarray(wanted_ratio, float) - np.asarray(humidity_ratio, float), 0.0)
    added: FloatArray = np.asarray(dry_air_kgps, float) * short
    return added


def steam_kw(moisture_kgps: npt.ArrayLike) -> FloatArray:
    """Return the electrical power of a steam humidifier [kW]; it leaves the air temperature nearly as it was.

    References
    ----------
    ASHRAE Handbook, HVAC Systems and Equipment, humidifiers: 0.72 to 0.78 kWh a kilogram with drain and losses.
    """
    heated = 1 + _STEAM_DRAIN_FRAC * 4.19 * 90.0 / _STEAM_KJ_PER_KG
    power: FloatArray = np.asarray(moisture_kgps, float) * _STEAM_KJ_PER_KG * heated / (1 - _STEAM_LOSS_FRAC)
    return power


def evaporative_kw(moisture_kgps: npt.ArrayLike) -> FloatArray:
    """Return the electrical power of an ultrasonic humidifier [kW]."""
    power: FloatArray = np.asarray(moisture_kgps, float) * 3600 * _ATOMISED_KWH_PER_KG
    return power


def evaporative_cooling_kw(moisture_kgps: npt.ArrayLike) -> FloatArray:
    """Return the sensible heat that evaporating water takes from the air [kW]: free cooling where heat is in surplus."""
    cooling: FloatArray = np.asarray(moisture_kgps, float) * _LATENT_KJ_PER_KG
    return cooling


def water_lps(moisture_kgps: npt.ArrayLike, *, steam: bool) -> FloatArray:
    """Return the water taken [L/s]: what evaporates, and what is drained against scale."""
    drained = _STEAM_DRAIN_FRAC if steam else _EVAPORATIVE_DRAIN_FRAC
    water: FloatArray = np.asarray(moisture_kgps, float) * (1 + drained)
    return water
