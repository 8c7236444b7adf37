"""Small pieces that every local controller uses."""

from __future__ import annotations

import math

import numpy as np

from facility.records import FloatArray


def settled_frac(dt_s: float, time_constant_s: float) -> float:
    """Return how much of the way to its target a first-order lag goes in a step."""
    return 1.0 - math.exp(-dt_s / time_constant_s)


def ramped(value: float, target: float, most_per_s: float, dt_s: float) -> float:
    """Move a value towards its target, no faster than a rate."""
    most = most_per_s * dt_s
    return value + min(max(target - value, -most), most)


def ramped_array(values: FloatArray, targets: FloatArray, most_per_s: float, dt_s: float) -> FloatArray:
    """Move values towards their targets, no faster than a rate."""
    most = most_per_s * dt_s
    return values + np.clip(targets - values, -most, most)
