"""Moist air: psychrolib (ASHRAE Fundamentals 2017, chapter 1) behind one small vectorised face, SI units, altitude as input."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import psychrolib

FloatArray = npt.NDArray[np.float64]

psychrolib.SetUnitSystem(psychrolib.SI)

_wet_bulb = np.vectorize(psychrolib.GetTWetBulbFromRelHum, otypes=[float])
_dew_point = np.vectorize(psychrolib.GetTDewPointFromRelHum, otypes=[float])
_rh_from_dew_point = np.vectorize(psychrolib.GetRelHumFromTDewPoint, otypes=[float])
_rh_from_wet_bulb = np.vectorize(psychrolib.GetRelHumFromTWetBulb, otypes=[float])


def pressure_kpa(altitude_m: float) -> float:
    """Return the standard barometric pressure [kPa] at an altitude [m]."""
    return float(psychrolib.GetStandardAtmPressure(altitude_m)) / 1000


def air_density_frac(altitude_m: float) -> float:
    """Return air density at an altitude [m] over that at sea level [-]: fans move less heat a cubic metre up there."""
    return pressure_kpa(altitude_m) / pressure_kpa(0.0)


def wet_bulb_degc(
    dry_bulb_degc: npt.ArrayLike, relative_humidity_frac: npt.ArrayLike, altitude_m: float = 0.0
) -> FloatArray:
    """Return the thermodynamic wet-bulb temperature.

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
    """
    humidity = _humidity(relative_humidity_frac)
    return _known(_wet_bulb, dry_bulb_degc, humidity, pressure_kpa(altitude_m) * 1000)


def dew_point_degc(dry_bulb_degc: npt.ArrayLike, relative_humidity_frac: npt.ArrayLike) -> FloatArray:
    """Return the dew point [degC] from dry bulb [degC] and relative humidity [0..1]."""
    return _known(_dew_point, dry_bulb_degc, _humidity(relative_humidity_frac))


def relative_humidity_frac(dry_bulb_degc: npt.ArrayLike, dew_point_degc: npt.ArrayLike) -> FloatArray:
    """Return relative humidity [0..1] from dry bulb and dew point [degC]; a dew point above the dry bulb gives 1."""
    capped = np.minimum(np.asarray(dew_point_degc, float), np.asarray(dry_bulb_degc, float))
    return _known(_rh_from_dew_point, dry_bulb_degc, capped)


def relative_humidity_from_wet_bulb_frac(
    dry_bulb_degc: npt.ArrayLike, wet_bulb_degc: npt.ArrayLike, altitude_m: float = 0.0
) -> FloatArray:
    """Return relative humidity [0..1] from dry and wet bulb [degC]; a wet bulb above the dry bulb gives 1."""
    capped = np.minimum(np.asarray(wet_bulb_degc, float), np.asarray(dry_bulb_degc, float))
    return _known(_rh_from_wet_bulb, dry_bulb_degc, capped, pressure_kpa(altitude_m) * 1000)


def _humidity(value: npt.ArrayLike) -> FloatArray:
    clipped: FloatArray = np.clip(np.asarray(value, float), 1e-4, 1.0)  # psychrolib has no dew point for dry air
    return clipped


def _known(law: np.vectorize, first: npt.ArrayLike, second: npt.ArrayLike, *rest: float) -> FloatArray:
    """Apply a scalar law where both inputs are numbers; NaN elsewhere."""
    one, two = np.broadcast_arrays(np.asarray(first, float), np.asarray(second, float))
    known = np.isfinite(one) & np.isfinite(two)
    result: FloatArray = np.full(one.shape, np.nan)
    if known.any():
        result[known] = law(one[known], two[known], *rest)
    return result
