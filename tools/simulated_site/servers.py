"""What the servers do with their work: power at the rack, metered as IT, and the air that their own fans draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facility.records import FloatArray

REFERENCE_INLET_DEGC = 25.0
LEAKAGE_PER_K = 0.002  # silicon leakage, of the power that is not fans


@dataclass(frozen=True, slots=True, eq=False)
class RackLoad:
    """IT power of each rack, where its heat goes, and the capacity rate of the air it draws."""

    it_kw: FloatArray
    liquid_kw: FloatArray
    air_kw: FloatArray
    air_kwpk: FloatArray


def fan_speed_ratio(inlet_degc: FloatArray) -> FloatArray:
    """Return server-fan speed over that at the reference inlet: nearly flat below, rising above, and the firmware has its ends."""
    over_k = inlet_degc - REFERENCE_INLET_DEGC
    return np.clip(1.0 + 0.010 * over_k + 0.026 * np.maximum(over_k, 0.0), 0.85, 1.7)


def rack_load(
    reference_kw: FloatArray,
    *,
    fan_share: FloatArray,
    inlet_degc: FloatArray,
    load_frac: FloatArray,
    liquid_frac: FloatArray,
    rated_air_kwpk: FloatArray,
) -> RackLoad:
    """Return what racks draw and give off that would take `reference_kw` at the reference inlet."""
    speed = fan_speed_ratio(inlet_degc)
    fans_kw = reference_kw * fan_share * speed**3
    leakage = 1.0 + LEAKAGE_PER_K * (inlet_degc - REFERENCE_INLET_DEGC)
    silicon_kw = reference_kw * (1.0 - fan_share) * leakage
    liquid_kw = liquid_frac * silicon_kw
    it_kw = fans_kw + silicon_kw
    air_kwpk = rated_air_kwpk * (0.5 + 0.3 * np.minimum(load_frac, 1.2)) * speed
    return RackLoad(it_kw, liquid_kw, it_kw - liquid_kw, air_kwpk)
