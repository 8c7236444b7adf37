"""Variable-speed pumps against a system with static head."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models import drive

FloatArray = npt.NDArray[np.float64]

MIN_SPEED_FLOW_FRAC = 0.2  # drives do not turn slower; below it a bypass carries the rest


def power_kw(flow_frac: npt.ArrayLike, rated_kw: npt.ArrayLike, static_head_frac: float = 0.3) -> FloatArray:
    """Return pump power at a flow.

    Power is flow times head; head = static + (1 - static) flow^2, so that the exponent of power lies between 1 and 3.

    Parameters
    ----------
    flow_frac
        Flow over rated flow [-]; below 0.2 the power of 0.2.
    rated_kw
        Electrical power at rated flow [kW].
    static_head_frac
        Share of the rated head that flow does not lower [-]: height, or a differential pressure that control holds.

    Returns
    -------
    FloatArray
        Electrical power [kW].

    References
    ----------
    ASHRAE Handbook, HVAC Systems and Equipment, centrifugal pumps: system curves and affinity laws.
    """
    flow = np.maximum(np.asarray(flow_frac, float), MIN_SPEED_FLOW_FRAC)
    power: FloatArray = np.asarray(rated_kw, float) * flow * (static_head_frac + (1 - static_head_frac) * flow**2)
    return power


def driven_power_kw(flow_frac: npt.ArrayLike, rated_kw: npt.ArrayLike, static_head_frac: float = 0.3) -> FloatArray:
    """Return the electrical power [kW] as `power_kw` does, with the motor's and drive's efficiency falling at part load.

    For one pump on its own drive; a group that is staged keeps its drives near their best, and `power_kw` holds for it.
    """
    return np.asarray(rated_kw, float) * drive.electric_frac(power_kw(flow_frac, 1.0, static_head_frac))


def speed_frac(flow_frac: npt.ArrayLike, static_head_frac: float = 0.3, shutoff_head_frac: float = 1.25) -> FloatArray:
    """Return the speed over rated speed [-] at which a pump meets its system at a flow [-].

    The pump's head is shutoff N^2 - (shutoff - 1) Q^2, which the affinity laws keep at any speed, and equals the system's
    static + (1 - static) Q^2.

    Parameters
    ----------
    flow_frac
        Flow over rated flow [-].
    static_head_frac
        As in `power_kw`.
    shutoff_head_frac
        Head at no flow and rated speed over rated head [-].

    References
    ----------
    ASHRAE Handbook, HVAC Systems and Equipment, centrifugal pumps: system curves and affinity laws.
    """
    square = np.asarray(flow_frac, float) ** 2
    needed = static_head_frac + (1 - static_head_frac) * square + (shutoff_head_frac - 1) * square
    speed: FloatArray = np.sqrt(needed / shutoff_head_frac)
    return speed
