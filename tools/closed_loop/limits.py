"""Limits counted from true values: inlets, humidity, technology loops, rates of change.

Functions take courses of n samples with the minutes that each stands for, and return sums over racks, halls or CDUs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from facility.records import FloatArray
from facility.site import Site

QUARTER_MIN = 15
HOUR_MIN = 60
QUARTER_MAX_K = 5.0  # ASHRAE TC 9.9 (2021): at most 20 K in an hour and at most 5 K in any quarter of an hour
EXCESS = 1e-9  # below this it is rounding


@dataclass(frozen=True, slots=True, eq=False)
class RackLimits:
    """Limits of each rack's inlet, racks hall by hall as in the site file."""

    recommended_min_degc: FloatArray
    recommended_max_degc: FloatArray
    allowable_min_degc: FloatArray
    allowable_max_degc: FloatArray
    rate_max_k_per_h: FloatArray

    @classmethod
    def of(cls, site: Site) -> RackLimits:
        """Take them from the site file."""
        limits = [hall.limits for hall in site.halls for _ in hall.racks]
        return cls(
            np.array([one.inlet_min_degc for one in limits]),
            np.array([one.inlet_max_degc for one in limits]),
            np.array([one.allowable.inlet_min_degc for one in limits]),
            np.array([one.allowable.inlet_max_degc for one in limits]),
            np.array([one.rate_max_k_per_h for one in limits]),
        )


def degree_minutes_above(values: FloatArray, most: FloatArray, minutes: FloatArray) -> float:
    """Return K-minutes above a limit."""
    return float(minutes @ np.maximum(values - most, 0.0).sum(axis=1))


def degree_minutes_below(values: FloatArray, least: FloatArray, minutes: FloatArray) -> float:
    """Return K-minutes below a limit."""
    return float(minutes @ np.maximum(least - values, 0.0).sum(axis=1))


def minutes_outside(values: FloatArray, least: FloatArray, most: FloatArray, minutes: FloatArray) -> float:
    """Return minutes outside a range."""
    outside = (values > most + EXCESS) | (values < least - EXCESS)
    return float(minutes @ outside.sum(axis=1))


def ramp_violations(inlet_degc: FloatArray, rate_max_k_per_h: FloatArray, sample_min: float = 1.0) -> int:
    """Return rack-quarter-hours with too fast an inlet, from samples evenly apart, the first at a whole quarter.

    A quarter counts if within any 15 minutes that end in it the inlet ranged over more than 5 K (or the hourly limit, where
    that is less), or over more than the hourly limit in the hour before its end.
    """
    quarter, hour = max(1, round(QUARTER_MIN / sample_min)), round(HOUR_MIN / sample_min)
    quarters = (len(inlet_degc) - 1) // quarter
    if quarters < 1 or not inlet_degc.shape[1]:
        return 0
    inlet_degc = inlet_degc[: quarters * quarter + 1]
    within_quarter = _range_k(inlet_degc, quarter)[1:] > np.minimum(QUARTER_MAX_K, rate_max_k_per_h) + EXCESS
    within_hour = _range_k(inlet_degc, hour)[quarter::quarter] > rate_max_k_per_h + EXCESS
    by_quarter = within_quarter.reshape(quarters, quarter, -1).any(axis=1)
    return int((by_quarter | within_hour).sum())


def humid_minutes(site: Site, dew_point_degc: FloatArray, humidity_frac: FloatArray, minutes: FloatArray) -> float:
    """Return hall-minutes outside the dew-point range or above the relative humidity that the site allows."""
    if not dew_point_degc.shape[1]:
        return 0.0
    least, most, humid = (
        np.array([getattr(hall.limits, name) for hall in site.halls])
        for name in ("dew_point_min_degc", "dew_point_max_degc", "relative_humidity_max_frac")
    )
    outside = (dew_point_degc < least - EXCESS) | (dew_point_degc > most + EXCESS) | (humidity_frac > humid + EXCESS)
    return float(minutes @ outside.sum(axis=1))


def condensing_minutes(site: Site, supply_degc: FloatArray, dew_point_degc: FloatArray, minutes: FloatArray) -> float:
    """Return CDU-minutes with a technology loop below the dew point of its hall plus the margin."""
    if not supply_degc.shape[1] or not dew_point_degc.shape[1]:
        return 0.0
    halls = [hall.id for hall in site.halls]
    cdus = [(halls.index(loop.hall), loop.dew_point_margin_k) for loop in site.liquid_loops for _ in loop.cdus]
    least = dew_point_degc[:, [hall for hall, _ in cdus]] + np.array([margin_k for _, margin_k in cdus])
    return float(minutes @ (supply_degc < least - EXCESS).sum(axis=1))


def liquid_minutes(site: Site, supply_degc: FloatArray, minutes: FloatArray) -> float:
    """Return CDU-minutes outside the loop's supply range, or after an hour in which it moved more than its rate allows."""
    if not supply_degc.shape[1]:
        return 0.0
    least, most, rate = (
        np.array([getattr(loop, name) for loop in site.liquid_loops for _ in loop.cdus])
        for name in ("supply_min_degc", "supply_max_degc", "rate_max_k_per_h")
    )
    outside = (supply_degc < least - EXCESS) | (supply_degc > most + EXCESS)
    fast = _range_k(supply_degc, round(HOUR_MIN / float(np.median(minutes)))) > rate + EXCESS
    return float(minutes @ (outside | fast).sum(axis=1))


def _range_k(values: FloatArray, back: int) -> FloatArray:
    """Return, for each sample, the range of it and so many samples before it; at the beginning of those there are."""
    padded = np.concatenate([np.repeat(values[:1], back, axis=0), values])
    windows = sliding_window_view(padded, back + 1, axis=0)
    return np.asarray(windows.max(axis=-1) - windows.min(axis=-1))
