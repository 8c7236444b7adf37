"""Economizers: waterside changeover rules and heat, airside envelope, frost limits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.heat_exchanger import WATER_KJ_PER_LK, HeatExchanger

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

DEADBAND_K = 1.0
FROST_CHILLED_SIDE_DEGC = 4.0  # water in the exchanger's chilled side
FROST_BASIN_DEGC = 5.0  # condenser water: bypass or fan cycling holds it
FROST_MIXED_AIR_DEGC = 5.0


def rated_exchanger(rated_kw: float, approach_k: float, rated_flow_lps: float) -> HeatExchanger:
    """Return a plate exchanger with equal flows [L/s] each side, its heat [kW] and approach [K] (chilled out - condenser in)."""
    drop_k = rated_kw / (rated_flow_lps * WATER_KJ_PER_LK)
    return HeatExchanger(drop_k / (drop_k + approach_k), 1.0, hot_exponent=0.7, cold_exponent=0.7)


def open_frac(return_degc: npt.ArrayLike, condenser_degc: npt.ArrayLike, approach_k: npt.ArrayLike) -> FloatArray:
    """Return how much an integrated economizer is to be counted on, given what its own control does [-].

    It stays open while the condenser water is colder than the return water by the exchanger's approach [K], and surely opens
    where it is so by `DEADBAND_K` more. The share grows in between, where it depends on what came before.

    References
    ----------
    Stein, "Waterside economizing in data centers: design and control considerations", ASHRAE Transactions 115 (2009).
    """
    colder_k = np.asarray(return_degc, float) - np.asarray(condenser_degc, float)
    share: FloatArray = np.clip((colder_k - np.asarray(approach_k, float)) / DEADBAND_K, 0.0, 1.0)
    return share


def heat_kw(
    exchanger: HeatExchanger,
    *,
    return_degc: npt.ArrayLike,
    condenser_degc: npt.ArrayLike,
    chilled_flow_lps: npt.ArrayLike,
    condenser_flow_lps: npt.ArrayLike,
    rated_flow_lps: float,
) -> FloatArray:
    """Return the heat the exchanger takes out of the chilled water [kW], not below 0.

    Parameters
    ----------
    exchanger
        From `rated_exchanger`.
    return_degc, condenser_degc
        Chilled water coming back and condenser water from the tower [degC].
    chilled_flow_lps, condenser_flow_lps, rated_flow_lps
        Flows and the rated flow of either side [L/s].
    """
    chilled = np.asarray(chilled_flow_lps, float)
    effectiveness = exchanger.effectiveness_at(
        chilled / rated_flow_lps, np.asarray(condenser_flow_lps, float) / rated_flow_lps
    )
    drop = np.maximum(np.asarray(return_degc, float) - np.asarray(condenser_degc, float), 0.0)
    heat: FloatArray = effectiveness * WATER_KJ_PER_LK * chilled * drop
    return heat


def airside_allowed(
    outdoor_degc: npt.ArrayLike,
    outdoor_dew_point_degc: npt.ArrayLike,
    *,
    return_air_degc: npt.ArrayLike,
    dew_point_min_degc: npt.ArrayLike = -9.0,
    dew_point_max_degc: npt.ArrayLike = 15.0,
) -> BoolArray:
    """Return where outside air helps and stays inside the envelope: no warmer than the return air, dew point within limits."""
    outdoor, dew = np.asarray(outdoor_degc, float), np.asarray(outdoor_dew_point_degc, float)
    allowed: BoolArray = (
        (outdoor <= np.asarray(return_air_degc, float))
        & (dew >= np.asarray(dew_point_min_degc, float))
        & (dew <= np.asarray(dew_point_max_degc, float))
    )
    return allowed


def mixed_air_degc(
    outdoor_frac: npt.ArrayLike, outdoor_degc: npt.ArrayLike, return_air_degc: npt.ArrayLike
) -> FloatArray:
    """Return the temperature of mixed air [degC]: f T_outdoor + (1 - f) T_return."""
    share = np.asarray(outdoor_frac, float)
    mixed: FloatArray = share * np.asarray(outdoor_degc, float) + (1 - share) * np.asarray(return_air_degc, float)
    return mixed


def outdoor_share_frac(
    supply_degc: npt.ArrayLike,
    outdoor_degc: npt.ArrayLike,
    return_air_degc: npt.ArrayLike,
    min_outdoor_frac: float = 0.0,
    mixed_min_degc: float = FROST_MIXED_AIR_DEGC,
) -> FloatArray:
    """Return the share of outdoor air [-] that mixes to a supply temperature [degC].

    Where none does, the least ventilation or all of it. The mixed air stays at or above `mixed_min_degc`, for the coil behind
    it, whatever is asked.
    """
    returned, outdoor = np.asarray(return_air_degc, float), np.asarray(outdoor_degc, float)
    wanted = np.maximum(np.asarray(supply_degc, float), mixed_min_degc)
    span = returned - outdoor
    colder = span > 1e-6
    share = np.where(colder, (returned - wanted) / np.where(colder, span, 1.0), 0.0)
    frost_share = np.where(colder, (returned - mixed_min_degc) / np.where(colder, span, 1.0), 1.0)
    within: FloatArray = np.minimum(np.clip(share, min_outdoor_frac, 1.0), np.maximum(frost_share, 0.0))
    return within


def water_frost_safe(chilled_side_degc: npt.ArrayLike, basin_degc: npt.ArrayLike) -> BoolArray:
    """Return where neither the exchanger's chilled side nor the tower basin [degC] comes near freezing."""
    safe: BoolArray = (np.asarray(chilled_side_degc, float) >= FROST_CHILLED_SIDE_DEGC) & (
        np.asarray(basin_degc, float) >= FROST_BASIN_DEGC
    )
    return safe
