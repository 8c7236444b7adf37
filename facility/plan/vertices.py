"""Operating states as points: every state of every step is the polygon spanned by its corners in heat and power.

A weight on each corner is the perspective form with one column a corner and two rows a step (weights add up to one, heat adds
up to the heat to be removed), where pieces would need a row each. Exact: corners of max_k(slope_k heat + intercept_k) on the
state's range of heat, and the two ends of the upper chord where power could have a negative price.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from facility.records import FloatArray
from models.cooling import BoolArray
from models.surrogate import StateTable

IntArray = npt.NDArray[np.int64]

_SAME_KW, _SAME_DIGITS = 1e-6, 6


@dataclass(frozen=True, slots=True, eq=False)
class Vertices:
    """Corners of the allowed states, one an entry, ordered by step and state."""

    step: IntArray
    state: IntArray
    heat_kw: FloatArray
    power_kw: FloatArray
    it_kw: FloatArray  # of which at the racks; counted only where the table keeps the two apart

    def of(self, kept: BoolArray) -> Vertices:
        """Return some of them."""
        return Vertices(*(getattr(self, field.name)[kept] for field in fields(self)))


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
    return Vertices(step, state, heat[keep], power[keep], np.zeros(len(step)))


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
    """Return heats (T, S, N) at which the pieces in use begin and end, and which of them are real."""
    steeper, gap = np.diff(table.slope, axis=2), -np.diff(table.intercept_kw, axis=2)
    crossing = np.abs(steeper) > 1e-12
    heat = np.where(crossing, gap / np.where(crossing, steeper, 1.0), low[:, :, None])
    inside = crossing & (heat > low[:, :, None] + _SAME_KW) & (heat < high[:, :, None] - _SAME_KW)
    ends = np.stack([low, high], axis=2), np.stack([np.ones_like(low, dtype=bool), high - low > _SAME_KW], axis=2)
    return np.concatenate([ends[0], heat], axis=2), np.concatenate([ends[1], inside], axis=2)


def on_hull(points: Vertices, group: IntArray, upper_steps: BoolArray) -> BoolArray:
    """Mark the corners on the hull of all states of a group (S,) in a step: below, and above where `upper_steps` is set.

    Exact where nothing but the group ties steps together: what lies between two corners is had by mixing them.
    """
    levels, level = np.unique(points.it_kw, return_inverse=True)
    key = (points.step * (group.max(initial=0) + 1) + group[points.state]) * len(levels) + level
    upper = upper_steps[points.step]
    found = _on_lower_hull(key, points.heat_kw, points.power_kw)
    found[upper] |= _on_lower_hull(key[upper], points.heat_kw[upper], -points.power_kw[upper])
    return found


def _on_lower_hull(key: IntArray, heat_kw: FloatArray, power_kw: FloatArray) -> BoolArray:
    """Mark, of the points that share a key, those on their lower convex hull."""
    at_kw = np.round(heat_kw, _SAME_DIGITS)
    kept = np.lexsort((power_kw, at_kw, key))
    kept = kept[np.append(True, (np.diff(key[kept]) != 0) | (np.diff(at_kw[kept]) > 0.0))[: len(kept)]]
    above = np.ones(1, dtype=bool)
    while above.any():
        rise, run, same = np.diff(power_kw[kept]), np.diff(at_kw[kept]), np.diff(key[kept]) == 0
        above = same[:-1] & same[1:] & (rise[:-1] * run[1:] >= rise[1:] * run[:-1])
        kept = kept[~np.concatenate([[False], above, [False]])[: len(kept)]]
    marked = np.zeros(len(key), dtype=bool)
    marked[kept] = True
    return marked


def driest(table: StateTable, points: Vertices, allowed: BoolArray, group: IntArray) -> FloatArray:
    """Return the least make-up water [L/s] of any allowed state of a corner's group, at the corner's heat.

    A concave course of the heat, so that mixed corners never take more than any state between them.
    """
    slope, level = table.water_slope_lps_per_kw, np.where(allowed, table.water_intercept_lps, np.inf)
    least = np.full(len(points.step), np.inf)
    for state, own in enumerate(group):
        at = np.flatnonzero(group[points.state] == own)
        step = points.step[at]
        least[at] = np.minimum(least[at], slope[step, state] * points.heat_kw[at] + level[step, state])
    return least
