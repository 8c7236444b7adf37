"""Water vapour at saturation, over ice and over water: pressure, its slope, and the way back."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

RANGE_DEGC = (-100.0, 200.0)  # the equations' own; outside it the answer is NaN
_TRIPLE_DEGC = 0.01
# ASHRAE Handbook, Fundamentals (2017), chapter 1, equations 5 (ice) and 6 (water), after Hyland and Wexler (1983):
# ln p [Pa] = c0 / T + c1 + c2 T + c3 T^2 + c4 T^3 + c5 T^4 + c6 ln T, T in kelvin
_ICE = (-5.6745359e3, 6.3925247, -9.677843e-3, 6.2215701e-7, 2.0747825e-9, -9.484024e-13, 4.1635019)
_WATER = (-5.8002206e3, 1.3914993, -4.8640239e-2, 4.1764768e-5, -1.4452093e-8, 0.0, 6.5459673)
_NEWTON_PASSES = 4  # from Magnus' inverse, which is within 0.3 K: the second already is within a microkelvin


def pressure_kpa(degc: npt.ArrayLike) -> FloatArray:
    """Return the saturation pressure of water vapour [kPa] at a temperature [degC], over ice below 0.01 degC.

    References
    ----------
    ASHRAE Handbook, Fundamentals (2017), chapter 1, equations 5 and 6.
    """
    inside = _inside(degc)
    kelvin = inside + 273.15
    log_pa = np.where(inside <= _TRIPLE_DEGC, _log_pa(_ICE, kelvin), _log_pa(_WATER, kelvin))
    pressure: FloatArray = np.exp(log_pa) / 1000
    return pressure


def relative_slope(degc: npt.ArrayLike) -> FloatArray:
    """Return d ln p / dT of the saturation pressure [1/K] at a temperature [degC]."""
    inside = _inside(degc)
    kelvin = inside + 273.15
    slope: FloatArray = np.where(inside <= _TRIPLE_DEGC, _log_slope(_ICE, kelvin), _log_slope(_WATER, kelvin))
    return slope


def temperature_degc(vapour_kpa: npt.ArrayLike) -> FloatArray:
    """Return the temperature [degC] at which a vapour pressure [kPa] saturates; NaN where there is no vapour."""
    given = np.asarray(vapour_kpa, float)
    wanted = np.log(np.where(given > 0, given, np.nan) * 1000)
    magnus = wanted - np.log(611.2)
    degc: FloatArray = np.clip(243.12 * magnus / (17.62 - magnus), *RANGE_DEGC)
    for _ in range(_NEWTON_PASSES):
        step = (np.log(pressure_kpa(degc) * 1000) - wanted) / relative_slope(degc)
        degc = np.clip(degc - step, *RANGE_DEGC)
    return degc


def _inside(degc: npt.ArrayLike) -> FloatArray:
    value = np.asarray(degc, float)
    return np.where((value >= RANGE_DEGC[0]) & (value <= RANGE_DEGC[1]), value, np.nan)


def _log_pa(c: tuple[float, ...], kelvin: FloatArray) -> FloatArray:
    polynomial = c[1] + kelvin * (c[2] + kelvin * (c[3] + kelvin * (c[4] + kelvin * c[5])))
    return c[0] / kelvin + polynomial + c[6] * np.log(kelvin)


def _log_slope(c: tuple[float, ...], kelvin: FloatArray) -> FloatArray:
    polynomial = c[2] + kelvin * (2 * c[3] + kelvin * (3 * c[4] + kelvin * 4 * c[5]))
    return -c[0] / kelvin**2 + polynomial + c[6] / kelvin
