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

_SAME_KW = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Vertices:
    """Corners of the allowed states, one an entry, ordered by step and state."""

    step: IntArray
    state: IntArray
    heat_kw: FloatArray
    power_kw: FloatArray
    it_kw: FloatArray  # of which at the racks; counted only where the table keeps the two apart

    def of(self, kept: IntArray) -> Vertices:
        """Return some of them, in that order."""
        return Vertices(*(getattr(self, field.name)[kept] for field in fields(self)))


def narrowed(table: StateTable, low_kw: FloatArray, high_kw: FloatArray) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Cut each state's range of heat to what the step can ask for; return low, high and which states are left."""
    low = np.maximum(table.heat_min_kw, low_kw[:, None])
    high = np.minimum(table.heat_max_kw, high_kw[:, None])
    left = table.available & (low <= high + _SAME_KW)
    return low, np.maximum(low, high), left


def power_at(table: StateTable, heat_kw: FloatArray) -> FloatArray:
    """Return surrogate power (T, S, ...) of every state at heats (T, S, ...)."""
    trailing = (..., *(None,) * (heat_kw.ndim - 2))
    power = np.full(heat_kw.shape, -np.inf)
    for slope, intercept_kw in zip(np.moveaxis(table.slope, 2, 0), np.moveaxis(table.intercept_kw, 2, 0), strict=True):
        np.maximum(power, slope[trailing] * heat_kw + intercept_kw[trailing], out=power)
    return power


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
