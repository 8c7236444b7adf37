"""States that nothing tells apart between steps are one: the corners of their common hull, below in power and in money.

A corner on an edge of the hull of power may be one of the hull of power and water together. Both courses are kept exactly there,
so that mixing neighbours gives the least power, and the least of power and water at what power is worth at least; water is
what the second leaves beside the first. What the states save in water at the price of more power is then not counted twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from facility.plan.vertices import IntArray, Vertices
from facility.records import FloatArray
from models.cooling import BoolArray

_SAME_KW, _SAME_DIGITS = 1e-6, 6


def common_hull(
    points: Vertices, water_lps: FloatArray, group: IntArray, lps_per_kw: FloatArray, upper_steps: BoolArray
) -> tuple[Vertices, FloatArray]:
    """Return the corners of the hull of all states of a group, by step and share of IT heat, and their water.

    Exact in power where nothing but the group ties steps together: what lies between two corners is had by mixing them. No
    mixture takes more power, nor more water than the power that it spares is worth, than the states between its corners.

    Parameters
    ----------
    points, water_lps
        Corners of all states (N) and the make-up water [L/s] of each.
    group
        Group of each state (S,).
    lps_per_kw
        What a kW less saves at least, as water (T,); nought where it may save nothing.
    upper_steps
        Steps (T,) in which power may have a negative price: there the hull has an upper side too, and a kW is worth nothing.
    """
    worth = np.where(upper_steps, 0.0, lps_per_kw)[points.step]
    both = worth * points.power_kw + water_lps
    one_a_heat, power_kw, most_kw = _one_a_heat(points, both, group)
    on_power, power_kw = _lower(one_a_heat, power_kw)
    on_both, both = _lower(one_a_heat, both[one_a_heat.own])
    upper = np.flatnonzero(upper_steps[points.step[one_a_heat.own]])
    on_most, least_kw = _lower(one_a_heat.of(upper), -most_kw[upper])
    most_kw[upper] = -least_kw
    kept = on_power | on_both
    kept[upper] |= on_most
    above = np.zeros_like(kept)
    above[upper] = kept[upper] & (most_kw[upper] > power_kw[upper] + _SAME_KW)
    water = both - worth[one_a_heat.own] * power_kw
    at = np.concatenate([one_a_heat.own[kept], one_a_heat.own[above]])
    order = np.lexsort((points.state[at], points.step[at]))
    corners = replace(points.of(at), power_kw=np.concatenate([power_kw[kept], most_kw[above]])).of(order)
    return corners, np.concatenate([water[kept], water[above]])[order]


@dataclass(frozen=True, slots=True, eq=False)
class _Heats:
    """Heats at which states of a group have corners, one an entry, sorted by key and heat; `own` is the corner to name it by."""

    own: IntArray
    key: IntArray
    at_kw: FloatArray

    def of(self, kept: IntArray) -> _Heats:
        """Return some of them."""
        return _Heats(self.own[kept], self.key[kept], self.at_kw[kept])


def _one_a_heat(points: Vertices, cost: FloatArray, group: IntArray) -> tuple[_Heats, FloatArray, FloatArray]:
    """Return the heats, by the corner of least cost at each, and the least and the most power of any corner there."""
    levels, level = np.unique(points.it_kw, return_inverse=True)
    key = (points.step * (group.max(initial=0) + 1) + group[points.state]) * len(levels) + level
    at_kw = np.round(points.heat_kw, _SAME_DIGITS)
    order = _in_order(key, np.rint(points.heat_kw / _SAME_KW).astype(np.int64))
    other = (np.diff(key[order]) != 0) | (np.diff(at_kw[order]) > 0.0)
    first = np.flatnonzero(np.append(True, other)[: len(order)])
    least = np.repeat(np.minimum.reduceat(cost[order], first), np.diff(first, append=len(order)))
    own = order[np.minimum.reduceat(np.where(cost[order] == least, np.arange(len(order)), len(order)), first)]
    power_kw = points.power_kw[order]
    least_kw, most_kw = np.minimum.reduceat(power_kw, first), np.maximum.reduceat(power_kw, first)
    return _Heats(own, key[own], at_kw[own]), np.asarray(least_kw), np.asarray(most_kw)


def _in_order(key: IntArray, heat: IntArray) -> IntArray:
    """Sort by key, then by heat, both whole: as one number wherever that fits, which takes a third of the time."""
    above = heat - heat.min(initial=0)
    heats = int(above.max(initial=0)) + 1
    if heats * (int(key.max(initial=0)) + 1) < np.iinfo(np.int64).max:
        return np.argsort(key * heats + above, kind="stable")
    return np.lexsort((heat, key))


def _lower(heats: _Heats, value: FloatArray) -> tuple[BoolArray, FloatArray]:
    """Return which heats are corners of the lower convex hull of a value, and the hull at every heat."""
    kept, above = np.arange(len(value)), np.ones(1, dtype=bool)
    while above.any():
        rise, run, same = np.diff(value[kept]), np.diff(heats.at_kw[kept]), np.diff(heats.key[kept]) == 0
        above = same[:-1] & same[1:] & (rise[:-1] * run[1:] >= rise[1:] * run[:-1])
        kept = kept[~np.concatenate([[False], above, [False]])[: len(kept)]]
    marked = np.zeros(len(value), dtype=bool)
    marked[kept] = True
    after = np.cumsum(marked) - marked  # the first and the last heat of each key are marked
    before = np.where(marked, after, after - 1)
    low, high = kept[before], kept[after]
    run = heats.at_kw[high] - heats.at_kw[low]
    part = np.divide(heats.at_kw - heats.at_kw[low], run, out=np.zeros_like(run), where=low < high)
    return marked, np.asarray(value[low] + part * (value[high] - value[low]))
