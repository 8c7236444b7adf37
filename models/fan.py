"""Fans by the affinity laws, and against a pressure that control holds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models import drive

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


def system_power_kw(
    airflow_frac: npt.ArrayLike, rated_kw: npt.ArrayLike, static_pressure_frac: float = 0.0
) -> FloatArray:
    """Return the electrical power of a fan with its drive against ducts and a held pressure.

    Shaft power is airflow times pressure, pressure = static + (1 - static) airflow^2; `models.drive` takes its losses. The exponent
    of power to airflow comes out of the system: near 3 without static pressure, near 2 where a third of it is held.

    Parameters
    ----------
    airflow_frac
        Airflow over rated airflow [-].
    rated_kw
        Electrical power at rated airflow [kW].
    static_pressure_frac
        Share of the rated pressure that airflow does not lower [-]: an underfloor or duct setpoint.

    References
    ----------
    ASHRAE Handbook, HVAC Systems and Equipment, fans: system curves and fan laws.
    """
    flow = np.asarray(airflow_frac, float)
    shaft_frac = flow * (static_pressure_frac + (1 - static_pressure_frac) * flow**2)
    power: FloatArray = np.asarray(rated_kw, float) * drive.electric_frac(shaft_frac)
    return power
