"""The common hull of a group's states: mixing its corners costs no more than any state, and no less than is needed for that."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.plan.hull import common_hull
from facility.plan.vertices import Vertices

POINT = st.tuples(
    st.integers(0, 1), st.integers(0, 3), st.integers(0, 6), st.integers(0, 50), st.integers(0, 9)
)  # step, state, heat, power, water
GROUP = np.array([0, 0, 1, 1])
LPS_PER_KW = np.array([0.3, 0.05])
Rows = list[tuple[int, int, int, int, int]]


def least(points: list[tuple[float, float]], heat: float) -> float:
    """The least value at a heat of any mixture of two of some points."""
    found = [value for at, value in points if at == pytest.approx(heat, abs=1e-9)]
    for low, at_low in points:
        for high, at_high in points:
            if low < heat < high:
                found.append(at_low + (at_high - at_low) * (heat - low) / (high - low))
    return min(found, default=np.inf)


def points_of(rows: Rows) -> tuple[Vertices, np.ndarray]:
    step, state, heat, power, water = np.array(rows).T
    return Vertices(step, state, heat.astype(float), power.astype(float), np.zeros(len(step))), water.astype(float)


def course(points: Vertices, value: np.ndarray, step: int, group: int) -> list[tuple[float, float]]:
    """A value over the heat of a group's corners in a step."""
    mine = (points.step == step) & (GROUP[points.state] == group)
    return list(zip(points.heat_kw[mine], value[mine], strict=True))


@given(rows=st.lists(POINT, min_size=1, max_size=24), upper=st.booleans())
def test_mixing_its_corners_costs_what_mixing_all_states_does(rows: Rows, *, upper: bool) -> None:
    points, water = points_of(rows)
    hull, hull_water = common_hull(points, water, GROUP, LPS_PER_KW, np.full(2, upper))
    for step, group in {(at, GROUP[of]) for at, of, *_ in rows}:
        worth = 0.0 if upper else LPS_PER_KW[step]
        pairs = [
            (points.power_kw, hull.power_kw),
            (worth * points.power_kw + water, worth * hull.power_kw + hull_water),
        ]
        pairs += [(-points.power_kw, -hull.power_kw)] if upper else []
        for of_states, of_hull in pairs:
            before, after = course(points, of_states, step, group), course(hull, of_hull, step, group)
            for heat in np.arange(0.0, 6.5, 0.5):
                assert least(after, heat) == pytest.approx(least(before, heat), abs=1e-9)


def test_corners_between_two_others_are_left_out() -> None:
    points, water = points_of([(0, 0, 0, 0, 1), (0, 1, 1, 5, 1), (0, 0, 2, 4, 1)])
    below, _ = common_hull(points, water, GROUP, LPS_PER_KW, np.zeros(1, dtype=bool))
    assert below.power_kw.tolist() == [0.0, 4.0]
    around, _ = common_hull(points, water, GROUP, LPS_PER_KW, np.ones(1, dtype=bool))
    assert sorted(zip(around.heat_kw, around.power_kw, strict=True)) == [(0, 0), (1, 2), (1, 5), (2, 4)]


def test_a_dry_state_of_more_power_does_not_make_the_other_dry() -> None:
    wet_or_dear = [(0, 0, 1, 10, 4), (0, 1, 1, 15, 0)]
    found, water = common_hull(*points_of(wet_or_dear), GROUP, np.array([0.5]), np.zeros(1, dtype=bool))
    assert (found.power_kw.tolist(), water.tolist()) == ([10.0], [2.5])  # as dear together as the dry one: 15 * 0.5
    for_nothing = common_hull(*points_of(wet_or_dear), GROUP, np.array([0.0]), np.zeros(1, dtype=bool))
    assert for_nothing[1].tolist() == [0.0]
