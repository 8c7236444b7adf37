"""The grid of joint states of a plant."""

from __future__ import annotations

import itertools
import math
from typing import Literal

import numpy as np

from models.cooling import JointState, Mode

SUPPLY_LEVELS = 3
_LEAST_APPROACH_K = 3.0  # supply air is never closer to the water than this in a coil of practical size


def levels(low: float, high: float, step: float) -> tuple[float, ...]:
    """Return evenly spaced values from low to high, no further apart than `step`."""
    return tuple(
        float(x) for x in np.round(np.linspace(low, high, max(1, math.ceil((high - low) / step - 1e-9)) + 1), 2)
    )


def enumerate_states(
    *,
    water_range_degc: tuple[float, float],
    water_step_k: float,
    supply_ranges_degc: tuple[tuple[float, float], ...],
    chillers: int,
    economizer_kind: Literal["integrated", "non_integrated"] | None,
    supply_levels: int = SUPPLY_LEVELS,
) -> tuple[JointState, ...]:
    """Return the joint states.

    Halls move together: the level k of every hall is the k-th of `supply_levels` in its own range. Pairs of water and air that
    no coil can make are left out.
    """
    water_levels = levels(*water_range_degc, step=water_step_k)
    air_levels = _air_levels(supply_ranges_degc, supply_levels)
    staging = [(Mode.MECHANICAL, on) for on in range(1, chillers + 1)]
    if economizer_kind == "integrated":
        staging += [(Mode.PARTIAL, on) for on in range(1, chillers + 1)]
    if economizer_kind is not None:
        staging.append((Mode.FREE, 0))
    return tuple(
        JointState(mode, water, air, on)
        for (mode, on), water, air in itertools.product(staging, water_levels, air_levels)
        if not air or min(air) >= water + _LEAST_APPROACH_K
    )


def _air_levels(ranges: tuple[tuple[float, float], ...], count: int) -> list[tuple[float, ...]]:
    if not ranges:
        return [()]
    columns = [np.round(np.linspace(low, max(low, high), count), 2) for low, high in ranges]
    return list(dict.fromkeys(tuple(float(x) for x in row) for row in zip(*columns, strict=True)))
