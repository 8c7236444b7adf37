"""Moist air by the Magnus formula (the product uses psychrolib's ASHRAE polynomials)."""

from __future__ import annotations

import math

from tools.simulated_site.physics.constants import AIR_HEAT_KJPKGK

MOLAR_RATIO = 0.62198  # of water over dry air


def atmospheric_pressure_kpa(altitude_m: float) -> float:
    """Return the standard atmosphere's pressure at an altitude."""
    return float(101.325 * (1.0 - 2.25577e-5 * altitude_m) ** 5.2559)


def saturation_pressure_kpa(temperature_degc: float) -> float:
    """Return the saturation vapour pressure over water; Magnus with the constants of Alduchov and Eskridge (1996)."""
    return 0.61094 * math.exp(17.625 * temperature_degc / (temperature_degc + 243.04))


def dew_point_degc(vapour_pressure_kpa: float) -> float:
    """Return the dew point: Magnus, inverted."""
    x = math.log(max(vapour_pressure_kpa, 1e-4) / 0.61094)
    return 243.04 * x / (17.625 - x)


def relative_humidity_frac(temperature_degc: float, dew_degc: float) -> float:
    """Return relative humidity from the dry-bulb temperature and the dew point."""
    return min(1.0, saturation_pressure_kpa(dew_degc) / saturation_pressure_kpa(temperature_degc))


def wet_bulb_degc(temperature_degc: float, dew_degc: float, pressure_kpa: float) -> float:
    """Return the wet bulb from the psychrometer equation (Sprung), solved by bisection."""
    vapour_kpa = saturation_pressure_kpa(dew_degc)
    low, high = min(dew_degc, temperature_degc), temperature_degc
    for _ in range(18):
        middle = 0.5 * (low + high)
        psychrometer = 6.62e-4 * pressure_kpa * (temperature_degc - middle)
        if saturation_pressure_kpa(middle) - psychrometer > vapour_kpa:
            high = middle
        else:
            low = middle
    return 0.5 * (low + high)


def saturated_enthalpy_kjpkg(temperature_degc: float, pressure_kpa: float) -> float:
    """Return the enthalpy of saturated air, per kilogram of dry air."""
    vapour_kpa = saturation_pressure_kpa(temperature_degc)
    ratio = MOLAR_RATIO * vapour_kpa / (pressure_kpa - vapour_kpa)
    return AIR_HEAT_KJPKGK * temperature_degc + ratio * (2501.0 + 1.86 * temperature_degc)


def humidity_kgpkg(dew_degc: float, pressure_kpa: float) -> float:
    """Return the humidity ratio (water per kilogram of dry air) from the dew point: that of air saturated there."""
    vapour_kpa = saturation_pressure_kpa(dew_degc)
    return MOLAR_RATIO * vapour_kpa / (pressure_kpa - vapour_kpa)


def dew_point_of_humidity_degc(ratio_kgpkg: float, pressure_kpa: float) -> float:
    """Return the dew point from the humidity ratio."""
    return dew_point_degc(pressure_kpa * ratio_kgpkg / (MOLAR_RATIO + ratio_kgpkg))


def humidity_slope(temperature_degc: float, saturated_kgpkg: float) -> float:
    """Return how fast the humidity ratio of saturated air rises with its temperature [1/K]."""
    over = temperature_degc + 243.04
    return saturated_kgpkg * (1.0 + saturated_kgpkg / MOLAR_RATIO) * 17.625 * 243.04 / (over * over)
