"""What the servers do with their work: power at the rack, metered as IT, and the air that their own fans draw.

Far above what their class allows they throttle, then shut down: the power falls, and the work is not done.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facility.records import FloatArray

REFERENCE_INLET_DEGC = 25.0
LEAKAGE_PER_K = 0.002  # silicon leakage, of the power that is not fans
THROTTLING_K = 5.0  # above the allowable inlet: clocks begin to fall
SHUT_DOWN_K = 15.0  # and here all is off
STANDBY_FRAC = 0.03  # power that is left then


@dataclass(frozen=True, slots=True, eq=False)
class RackLoad:
    """IT power of each rack, where its heat goes, and the capacity rate of the air it draws."""

    it_kw: FloatArray
    liquid_kw: FloatArray
    air_kw: FloatArray
    air_kwpk: FloatArray
    throttled_frac: FloatArray  # of the work, which is not done: 0 all is well, 1 shut down

    def part(self, racks: slice) -> RackLoad:
        """Return that of some racks."""
        return RackLoad(
            self.it_kw[racks],
            self.liquid_kw[racks],
            self.air_kw[racks],
            self.air_kwpk[racks],
            self.throttled_frac[racks],
        )


def fan_speed_ratio(inlet_degc: FloatArray) -> FloatArray:
    """Return server-fan speed over that at the reference inlet: nearly flat below, rising above, and the firmware has its ends."""
    over_k = inlet_degc - REFERENCE_INLET_DEGC
    return np.minimum(np.maximum(1.0 + 0.010 * over_k + 0.026 * np.maximum(over_k, 0.0), 0.85), 1.7)


def throttled_frac(inlet_degc: FloatArray, allowable_max_degc: FloatArray) -> FloatArray:
    """Return how much of their work servers drop at an inlet temperature, by the most that their class allows."""
    over = (inlet_degc - allowable_max_degc - THROTTLING_K) / (SHUT_DOWN_K - THROTTLING_K)
    return np.minimum(np.maximum(over, 0.0), 1.0)


def rack_load(
    reference_kw: FloatArray,
    *,
    fan_share: FloatArray,
    inlet_degc: FloatArray,
    load_frac: FloatArray,
    liquid_frac: FloatArray,
    rated_air_kwpk: FloatArray,
    allowable_max_degc: FloatArray,
) -> RackLoad:
    """Return what racks draw and give off that would take `reference_kw` at the reference inlet."""
    throttled = throttled_frac(inlet_degc, allowable_max_degc)
    running: FloatArray | float = 1.0
    speed = fan_speed_ratio(inlet_degc)
    if throttled.any():
        running = 1.0 - (1.0 - STANDBY_FRAC) * throttled
        speed = speed * (1.0 - (1.0 - STANDBY_FRAC) * throttled**3)  # fans hold out until the end
    fans_kw = reference_kw * fan_share * (speed * speed * speed)
    leakage = 1.0 + LEAKAGE_PER_K * (inlet_degc - REFERENCE_INLET_DEGC)
    silicon_kw = reference_kw * (1.0 - fan_share) * leakage * running
    liquid_kw = liquid_frac * silicon_kw
    it_kw = fans_kw + silicon_kw
    air_kwpk = rated_air_kwpk * (0.5 + 0.3 * np.minimum(load_frac, 1.2)) * speed
    return RackLoad(it_kw, liquid_kw, it_kw - liquid_kw, air_kwpk, throttled)
