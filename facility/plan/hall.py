"""A hall's own limits in time: how fast its supply air may move, and the way back when it is measured outside."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from facility.records import FloatArray
from facility.site import Hall

BURST_K = 5.0  # ASHRAE TC 9.9 (2021): at most 5 K in any 15 minutes, whatever the hourly rate
BURST_H = 0.25


def supply_air_step_k(hall: Hall, step_h: float) -> float:
    """Return how far the supply air of a hall may move in one step."""
    return min(hall.limits.rate_max_k_per_h * step_h, BURST_K * max(step_h / BURST_H, 1.0))


def approach(now: float, targets: Sequence[float], max_step: float) -> FloatArray:
    """Follow targets from a measured value, at most `max_step` a step: never away from them, never past them."""
    path, value = [], now
    for target in targets:
        value += float(np.clip(target - value, -max_step, max_step))
        path.append(value)
    return np.asarray(path)
