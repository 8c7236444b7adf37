"""Variable-speed pumps against a system with static head."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

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
