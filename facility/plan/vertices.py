"""Operating states as points: every state of every step is the polygon spanned by its corners in heat and power.

A weight on each corner is the perspective form with one column a corner and two rows a step (weights add up to one, heat adds
up to the heat to be removed), where pieces would need a row each. Exact: corners of max_k(slope_k heat + intercept_k) on the
state's range of heat, and the two ends of the upper chord where power could have a negative price.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from facility.records import FloatArray
from models.cooling import BoolArray
from models.surrogate import StateTable

IntArray = npt.NDArray[np.int64]

_SAME_KW, _SAME_LPS = 1e-6, 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Vertices:
    """Corners of the allowed states, one an entry, ordered by step and state."""

    step: IntArray
    state: IntArray
    heat_kw: FloatArray
    power_kw: FloatArray
    it_kw: FloatArray  # of which at the racks; counted only where the table keeps the two apart


def narrowed(table: StateTable, low_kw: FloatArray, high_kw: FloatArray) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Cut each state's range of heat to what the step can ask for; return low, high and which states are left."""
    low = np.maximum(table.heat_min_kw, low_kw[:, None])
    high = np.minimum(table.heat_max_kw, high_kw[:, None])
    left = table.available & (low <= high + _SAME_KW)
    return low, np.maximum(low, high), left


def power_at(table: StateTable, heat_kw: FloatArray) -> FloatArray:
    """Return surrogate power (T, S, ...) of every state at heats (T, S, ...)."""
    trailing = (1,) * (heat_kw.ndim - 2)
    shape = (*table.slope.shape, *trailing)
    return np.asarray(
        (table.slope.reshape(shape) * heat_kw[:, :, None] + table.intercept_kw.reshape(shape)).max(axis=2)
    )


def power_along(table: StateTable, path: IntArray, heat_kw: FloatArray, it_kw: FloatArray) -> FloatArray:
    """Return surrogate power of one state a step at its heat, `it_kw` of it at the racks."""
    steps = np.arange(len(path))
    pieces = (table.slope[steps, path] * heat_kw[:, None] + table.intercept_kw[steps, path]).max(axis=1)
    return np.asarray(pieces if table.ends is None else pieces + table.ends.power_kw(it_kw)[steps, path])


def water_along(table: StateTable, path: IntArray, heat_kw: FloatArray) -> FloatArray:
    """Return surrogate make-up water [L/s] of one state a step at its heat."""
    steps = np.arange(len(path))
    return np.asarray(table.water_slope_lps_per_kw[steps, path] * heat_kw + table.water_intercept_lps[steps, path])


def corners(
    table: StateTable, low: FloatArray, high: FloatArray, allowed: BoolArray, upper_steps: BoolArray
) -> Vertices:
    """Return the corners of the allowed states; with their upper ends in the steps where `upper_steps` is set."""
    heat, real = _breakpoints(table, low, high)
    power = power_at(table, heat)
    wide = high - low > _SAME_KW
    ends = np.stack([low, high], axis=2)
    chord = table.upper_slope[:, :, None] * ends + table.upper_intercept_kw[:, :, None]
    above = (upper_steps[:, None] & wide)[:, :, None] & (chord > power_at(table, ends) + _SAME_KW)
    heat = np.concatenate([heat, ends], axis=2)
    power = np.concatenate([power, chord], axis=2)
    keep = np.concatenate([real, above], axis=2) & allowed[:, :, None]
    step, state, _ = np.nonzero(keep)
    return Vertices(step, state, heat[keep], power[keep], heat[keep])


def with_it_heat(table: StateTable, plain: Vertices) -> Vertices:
    """Return every corner at the least and the most IT heat of its state, where the table keeps IT heat apart."""
    if table.ends is None:
        return plain
    at = plain.step, plain.state
    low, high = table.ends.low_kw[plain.step], table.ends.high_kw[at]
    wide = np.flatnonzero(high > low + _SAME_KW)
    step, state, heat = (np.concatenate([one, one[wide]]) for one in (plain.step, plain.state, plain.heat_kw))
    more = table.ends.slope[at] * (high - low)
    power = np.concatenate([plain.power_kw, (plain.power_kw + more)[wide]])
    it_kw = np.concatenate([low, high[wide]])
    order = np.lexsort((state, step))
    return Vertices(step[order], state[order], heat[order], power[order], it_kw[order])


def _breakpoints(table: StateTable, low: FloatArray, high: FloatArray) -> tuple[FloatArray, BoolArray]:
    heats, real = [low, high], [np.ones_like(low, dtype=bool), high - low > _SAME_KW]
    for one, other in combinations(range(table.slope.shape[2]), 2):
        steeper = table.slope[:, :, other] - table.slope[:, :, one]
        crossing = np.abs(steeper) > 1e-12
        gap = table.intercept_kw[:, :, one] - table.intercept_kw[:, :, other]
        heat = np.where(crossing, gap / np.where(crossing, steeper, 1.0), low)
        line = table.slope[:, :, one] * heat + table.intercept_kw[:, :, one]
        inside = crossing & (heat > low + _SAME_KW) & (heat < high - _SAME_KW)
        heats.append(np.where(inside, heat, low))
        real.append(inside & (line >= power_at(table, heat) - 1e-7 * np.maximum(1.0, np.abs(line))))
    return np.stack(heats, axis=2), np.stack(real, axis=2)


def undominated(
    table: StateTable, low: FloatArray, high: FloatArray, left: BoolArray, groups: list[int], *, water_counts: bool
) -> BoolArray:
    """Drop states that another one of the same group never exceeds in power (and water) and covers in heat, step by step.

    Exact where nothing but the group ties steps together: a convex curve that lies below another at its corners lies
    below it everywhere between.
    """
    heat, real = _breakpoints(table, low, high)
    own = power_at(table, heat)
    keep = left.copy()
    for group in set(groups):
        members = [index for index, other in enumerate(groups) if other == group]
        for one, other in ((a, b) for a in members for b in members if a != b):
            lines = table.slope[:, other, :, None] * heat[:, one, None, :] + table.intercept_kw[:, other, :, None]
            below = ((lines.max(axis=1) <= own[:, one] + _SAME_KW) | ~real[:, one]).all(axis=1)
            if table.ends is not None:
                below &= _no_dearer_at_racks(table, other, one)
            if water_counts:
                below &= _no_wetter(table, other, one, low[:, one], high[:, one])
            covers = (low[:, other] <= low[:, one] + _SAME_KW) & (high[:, other] >= high[:, one] - _SAME_KW)
            keep[:, one] &= ~(below & covers & keep[:, other])
    return keep


def _no_dearer_at_racks(table: StateTable, state: int, other: int) -> BoolArray:
    """Tell in which steps a state bears as much IT heat as another, and takes no more for it."""
    assert table.ends is not None
    high, slope = table.ends.high_kw, table.ends.slope
    cheaper = (slope[:, state] - slope[:, other]) * (high[:, other] - table.ends.low_kw) <= _SAME_KW
    return np.asarray(cheaper & (high[:, state] >= high[:, other] - _SAME_KW))


def _no_wetter(table: StateTable, state: int, other: int, low: FloatArray, high: FloatArray) -> BoolArray:
    """Tell in which steps a state takes no more water than another at the ends of a range of heat."""
    slope = table.water_slope_lps_per_kw[:, state] - table.water_slope_lps_per_kw[:, other]
    level = table.water_intercept_lps[:, state] - table.water_intercept_lps[:, other]
    return np.asarray((slope * low + level <= _SAME_LPS) & (slope * high + level <= _SAME_LPS))
