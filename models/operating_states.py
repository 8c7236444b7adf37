"""The grid of joint states of a plant."""

from __future__ import annotations

import itertools
import math
from typing import Literal

import numpy as np

from models.cooling import JointState, Mode

# Of supply air, as parts of its range. Warm water is where it pays to meet the best air closely: too cold takes flow, too warm
# server fans.
FEW_LEVELS, MANY_LEVELS = (0.0, 0.5, 1.0), (0.0, 0.4, 0.6, 0.75, 1.0)
MOST_LEVELS = 12  # where ramps are slow; beyond it they cannot be followed from level to level
_CLOSE_K = 1e-6
_LEAST_APPROACH_K = 3.0  # supply air is never closer to the water than this in a coil of practical size


def levels(low: float, high: float, step: float) -> tuple[float, ...]:
    """Return evenly spaced values from low to high, no further apart than `step`."""
    count = max(1, math.ceil((high - low) / step - 1e-9)) + 1
    values = _rounded(low, high, count)
    return values if float(np.diff(values).max()) <= step + _CLOSE_K else _rounded(low, high, count + 1)


def _rounded(low: float, high: float, count: int) -> tuple[float, ...]:
    return tuple(float(x) for x in np.round(np.linspace(low, high, count), 2))


def enumerate_states(
    *,
    water_range_degc: tuple[float, float],
    water_step_k: float,
    supply_ranges_degc: tuple[tuple[float, float], ...],
    chillers: int,
    economizer_kind: Literal["integrated", "non_integrated"] | None,
    dampers: bool = False,
    supply_steps_k: tuple[float, ...] = (),
) -> tuple[JointState, ...]:
    """Return the joint states.

    Halls move together: the level k of every hall is the k-th in its own range, of more in the warmer half of the water's range,
    and of as many as `supply_steps_k`, the largest change a step, take to go from one to the next; all `dampers` may open, or
    none. Pairs of water and air that no coil can make are left out.
    """
    water_levels = levels(*water_range_degc, step=water_step_k)
    steps = zip(supply_ranges_degc, supply_steps_k, strict=False)
    followed = max((len(levels(low, max(low, high), step)) for (low, high), step in steps), default=0)
    least = min(followed, MOST_LEVELS)
    few, many = (_air_levels(supply_ranges_degc, _followed(parts, least)) for parts in (FEW_LEVELS, MANY_LEVELS))
    middle_degc = sum(water_range_degc) / 2
    openings = (False, True) if dampers else (False,)
    staging = [(Mode.MECHANICAL, on) for on in range(1, chillers + 1)]
    if economizer_kind == "integrated":
        staging += [(Mode.PARTIAL, on) for on in range(1, chillers + 1)]
    if economizer_kind is not None:
        staging.append((Mode.FREE, 0))
    return tuple(
        JointState(mode, water, air, on, is_open)
        for is_open, (mode, on), water in itertools.product(openings, staging, water_levels)
        for air in (many if water >= middle_degc else few)
        if not air or min(air) >= water + _LEAST_APPROACH_K
    )


def _followed(parts: tuple[float, ...], least: int) -> tuple[float, ...]:
    """Return parts of a range; where ramps are too slow for them, as many evenly as they can follow."""
    return parts if least <= len(FEW_LEVELS) else tuple(np.linspace(0.0, 1.0, max(len(parts), least)))


def _air_levels(ranges: tuple[tuple[float, float], ...], parts: tuple[float, ...]) -> list[tuple[float, ...]]:
    if not ranges:
        return [()]
    columns = [np.round(low + np.array(parts) * max(high - low, 0.0), 2) for low, high in ranges]
    return list(dict.fromkeys(tuple(float(x) for x in row) for row in zip(*columns, strict=True)))
