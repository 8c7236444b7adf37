"""Moist air: humidity, enthalpy, dew point and wet bulb, whole arrays at a time, altitude as input.

The equations are those of the ASHRAE Handbook, Fundamentals (2017), chapter 1. Humidity ratio is kilograms of vapour a kilogram of
dry air. What is not a number, or outside -100..200 degC, gives NaN.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models import saturation

FloatArray = npt.NDArray[np.float64]

_LEAST_HUMIDITY_FRAC = 1e-4  # wholly dry air has no dew point
_VAPOUR_OVER_AIR = 0.621945  # molar masses
_AIR_KJ_PER_KGK = 1.006
_VAPOUR_KJ_PER_KGK = 1.86
_VAPOUR_AT_ZERO_KJ_PER_KG = 2501.0
_SATURATED_BRACKET_DEGC = (-60.0, 60.0)
_BISECTIONS = 12
_NEWTON_PASSES = 3
_WET_BULB_PASSES = 8
_MOST_WET_BULB_START_DEGC = 60.0
# A wick: heat of vaporisation or sublimation at 0 degC [kJ/kg], its fall, the water's or ice's own heat [kJ/(kg K)].
_WET = (2501.0, 2.326, 4.186)
_FROZEN = (2830.0, 0.24, 2.1)


def pressure_kpa(altitude_m: float) -> float:
    """Return the standard barometric pressure [kPa] at an altitude [m]."""
    return float(101.325 * (1 - 2.25577e-5 * altitude_m) ** 5.2559)


def air_density_frac(altitude_m: float) -> float:
    """Return air density at an altitude [m] over that at sea level [-]: fans move less heat a cubic metre up there."""
    return pressure_kpa(altitude_m) / pressure_kpa(0.0)


def saturated_humidity_ratio(degc: npt.ArrayLike, altitude_m: float = 0.0) -> FloatArray:
    """Return the humidity ratio [kg/kg] of saturated air at a temperature [degC]; NaN where water boils."""
    return _ratio(saturation.pressure_kpa(degc), pressure_kpa(altitude_m))


def humidity_ratio(
    dry_bulb_degc: npt.ArrayLike, relative_humidity_frac: npt.ArrayLike, altitude_m: float = 0.0
) -> FloatArray:
    """Return the humidity ratio [kg/kg] from dry bulb [degC] and relative humidity [0..1]."""
    vapour_kpa = _humidity(relative_humidity_frac) * saturation.pressure_kpa(dry_bulb_degc)
    return _ratio(vapour_kpa, pressure_kpa(altitude_m))


def enthalpy_kj_per_kg(dry_bulb_degc: npt.ArrayLike, humidity_ratio: npt.ArrayLike) -> FloatArray:
    """Return the enthalpy of moist air [kJ a kg of dry air] from dry bulb [degC] and humidity ratio [kg/kg]."""
    dry, ratio = np.asarray(dry_bulb_degc, float), np.asarray(humidity_ratio, float)
    enthalpy: FloatArray = _AIR_KJ_PER_KGK * dry + ratio * (_VAPOUR_AT_ZERO_KJ_PER_KG + _VAPOUR_KJ_PER_KGK * dry)
    return enthalpy


def saturated_degc(enthalpy_kj_per_kg: npt.ArrayLike, altitude_m: float = 0.0) -> FloatArray:
    """Return the temperature [degC] of saturated air of an enthalpy [kJ a kg of dry air], between -60 and 60 degC."""
    wanted = np.asarray(enthalpy_kj_per_kg, float)
    low, high = (np.full(wanted.shape, edge) for edge in _SATURATED_BRACKET_DEGC)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        colder = _saturated_enthalpy(middle, altitude_m) < wanted
        low, high = np.where(colder, middle, low), np.where(colder, high, middle)
    at_low, at_high = _saturated_enthalpy(low, altitude_m), _saturated_enthalpy(high, altitude_m)
    part = np.clip((wanted - at_low) / (at_high - at_low), 0.0, 1.0)
    degc: FloatArray = low + part * (high - low)
    return degc


def wet_bulb_degc(
    dry_bulb_degc: npt.ArrayLike, relative_humidity_frac: npt.ArrayLike, altitude_m: float = 0.0
) -> FloatArray:
    """Return the thermodynamic wet-bulb temperature.

    Just below freezing a wick may be wet or frozen, up to a kelvin apart: while it can be wet, it is taken as wet.

    Parameters
    ----------
    dry_bulb_degc
        Dry-bulb temperature [degC], any shape.
    relative_humidity_frac
        Relative humidity [0..1], broadcast against it; values outside are clipped, NaN stays NaN.
    altitude_m
        Height above sea level [m].

    Returns
    -------
    FloatArray
        Wet bulb [degC].

    References
    ----------
    ASHRAE Handbook, Fundamentals (2017), chapter 1, equations 33 (wet) and 35 (frozen), solved by Newton's method.
    """
    dry, humidity = np.broadcast_arrays(np.asarray(dry_bulb_degc, float), _humidity(relative_humidity_frac))
    wanted = humidity_ratio(dry, humidity, altitude_m)
    barometer_kpa = pressure_kpa(altitude_m)
    freezing = np.zeros(())
    wet = wanted >= _ratio_at_wet_bulb(freezing, dry, _WET, barometer_kpa)[0]
    top = np.where(wet, dry, np.minimum(dry, 0.0))
    wick = tuple(np.where(wet, w, f) for w, f in zip(_WET, _FROZEN, strict=True))
    # The curve is convex: from above, Newton's steps do not overshoot.
    bulb = np.minimum(top, _MOST_WET_BULB_START_DEGC)
    for _ in range(_WET_BULB_PASSES):
        ratio, slope = _ratio_at_wet_bulb(bulb, dry, wick, barometer_kpa)
        bulb = np.minimum(bulb - (ratio - wanted) / slope, top)
    return bulb


def dew_point_degc(dry_bulb_degc: npt.ArrayLike, relative_humidity_frac: npt.ArrayLike) -> FloatArray:
    """Return the dew point (below freezing the frost point) [degC] from dry bulb [degC] and relative humidity [0..1]."""
    return saturation.temperature_degc(_humidity(relative_humidity_frac) * saturation.pressure_kpa(dry_bulb_degc))


def dew_point_of_ratio_degc(humidity_ratio: npt.ArrayLike, altitude_m: float = 0.0) -> FloatArray:
    """Return the dew point [degC] from the humidity ratio [kg/kg]."""
    ratio = np.asarray(humidity_ratio, float)
    return saturation.temperature_degc(pressure_kpa(altitude_m) * ratio / (_VAPOUR_OVER_AIR + ratio))


def dry_bulb_degc(dew_point_degc: npt.ArrayLike, relative_humidity_frac: npt.ArrayLike) -> FloatArray:
    """Return the dry bulb [degC] at which air of a dew point [degC] has a relative humidity [0..1]."""
    return saturation.temperature_degc(saturation.pressure_kpa(dew_point_degc) / _humidity(relative_humidity_frac))


def relative_humidity_frac(dry_bulb_degc: npt.ArrayLike, dew_point_degc: npt.ArrayLike) -> FloatArray:
    """Return relative humidity [0..1] from dry bulb and dew point [degC]; a dew point above the dry bulb gives 1."""
    capped = np.minimum(np.asarray(dew_point_degc, float), np.asarray(dry_bulb_degc, float))
    humidity: FloatArray = saturation.pressure_kpa(capped) / saturation.pressure_kpa(dry_bulb_degc)
    return humidity


def relative_humidity_of_ratio_frac(
    dry_bulb_degc: npt.ArrayLike, humidity_ratio: npt.ArrayLike, altitude_m: float = 0.0
) -> FloatArray:
    """Return relative humidity [0..1] from dry bulb [degC] and humidity ratio [kg/kg]; more than air can hold gives 1."""
    ratio = np.asarray(humidity_ratio, float)
    vapour_kpa = pressure_kpa(altitude_m) * ratio / (_VAPOUR_OVER_AIR + ratio)
    humidity: FloatArray = np.clip(vapour_kpa / saturation.pressure_kpa(dry_bulb_degc), 0.0, 1.0)
    return humidity


def relative_humidity_from_wet_bulb_frac(
    dry_bulb_degc: npt.ArrayLike, wet_bulb_degc: npt.ArrayLike, altitude_m: float = 0.0
) -> FloatArray:
    """Return relative humidity [0..1] from dry and wet bulb [degC]; a wet bulb above the dry bulb gives 1."""
    dry = np.asarray(dry_bulb_degc, float)
    capped = np.minimum(np.asarray(wet_bulb_degc, float), dry)
    wick = tuple(np.where(capped >= 0, w, f) for w, f in zip(_WET, _FROZEN, strict=True))
    ratio, _ = _ratio_at_wet_bulb(capped, dry, wick, pressure_kpa(altitude_m))
    return relative_humidity_of_ratio_frac(dry, np.maximum(ratio, 0.0), altitude_m)


def _humidity(value: npt.ArrayLike) -> FloatArray:
    clipped: FloatArray = np.clip(np.asarray(value, float), _LEAST_HUMIDITY_FRAC, 1.0)
    return clipped


def _ratio(vapour_kpa: FloatArray, barometer_kpa: float) -> FloatArray:
    dry_air_kpa = np.where(vapour_kpa < barometer_kpa, barometer_kpa - vapour_kpa, np.nan)
    return _VAPOUR_OVER_AIR * vapour_kpa / dry_air_kpa


def _saturated_enthalpy(degc: FloatArray, altitude_m: float) -> FloatArray:
    return enthalpy_kj_per_kg(degc, saturated_humidity_ratio(degc, altitude_m))


def _ratio_at_wet_bulb(
    bulb: FloatArray, dry: FloatArray, wick: tuple[npt.ArrayLike, ...], barometer_kpa: float
) -> tuple[FloatArray, FloatArray]:
    """Return the humidity ratio at a dry and a wet bulb, and its slope along the wet bulb [1/K]."""
    latent, fall, own = (np.asarray(value, float) for value in wick)
    vapour_kpa = saturation.pressure_kpa(bulb)
    saturated = _ratio(vapour_kpa, barometer_kpa)
    saturated_slope = saturated * saturation.relative_slope(bulb) * barometer_kpa / (barometer_kpa - vapour_kpa)
    below = latent + _VAPOUR_KJ_PER_KGK * dry - own * bulb
    above = (latent - fall * bulb) * saturated - _AIR_KJ_PER_KGK * (dry - bulb)
    above_slope = (latent - fall * bulb) * saturated_slope - fall * saturated + _AIR_KJ_PER_KGK
    ratio = above / below
    return ratio, (above_slope + own * ratio) / below
