"""Fans by the affinity laws."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def power_kw(speed_frac: npt.ArrayLike, rated_kw: npt.ArrayLike, exponent: float = 3.0) -> FloatArray:
    """Return fan power at a speed.

    Parameters
    ----------
    speed_frac
        Speed over rated speed [-]; airflow is proportional to it.
    rated_kw
        Electrical power at rated speed [kW].
    exponent
        3 in a system without static pressure; 2.5 to 2.8 where a fixed underfloor pressure is held.

    Returns
    -------
    FloatArray
        Electrical power [kW].

    References
    ----------
    ASHRAE Handbook, HVAC Systems and Equipment, fan laws.
    """
    power: FloatArray = np.asarray(rated_kw, float) * np.asarray(speed_frac, float) ** exponent
    return power


def speed_frac(power_kw: npt.ArrayLike, rated_kw: npt.ArrayLike, exponent: float = 3.0) -> FloatArray:
    """Return the speed [-] at which a fan takes a power [kW]."""
    speed: FloatArray = (np.asarray(power_kw, float) / np.asarray(rated_kw, float)) ** (1 / exponent)
    return speed
