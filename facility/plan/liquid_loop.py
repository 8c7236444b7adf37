"""A liquid loop's own limit in time: its secondary supply follows the plant's leaving water, no faster than the loop allows."""

from __future__ import annotations

from collections.abc import Iterable

from facility.site import LiquidLoop, Plant


def leaving_water_step_k(plant: Plant, loops: Iterable[LiquidLoop], step_h: float) -> float:
    """Return how far the leaving water may move in one step: the plant's own limit, or its slowest loop's."""
    return min([plant.leaving_water_max_step_k, *(loop.rate_max_k_per_h * step_h for loop in loops)])
