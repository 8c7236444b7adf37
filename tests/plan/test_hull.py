"""Corners that are left out of the relaxation: those that mixing others of their group makes no dearer, and no others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.plan.vertices import Vertices, on_hull

POINT = st.tuples(
    st.integers(0, 1), st.integers(0, 3), st.integers(0, 6), st.integers(0, 50)
)  # step, state, heat, power
GROUP = np.array([0, 0, 1, 1])


def least_kw(points: list[tuple[float, float]], heat: float) -> float:
    """The least power at a heat of any mixture of two of some points."""
    found = [power for at, power in points if at == heat]
    for low, at_low in points:
        for high, at_high in points:
            if low < heat < high:
                found.append(at_low + (at_high - at_low) * (heat - low) / (high - low))
    return min(found, default=np.inf)


@given(rows=st.lists(POINT, min_size=1, max_size=24), upper=st.booleans())
def test_what_is_left_costs_the_same_at_every_heat(rows: list[tuple[int, int, int, int]], *, upper: bool) -> None:
    step, state, heat, power = np.array(rows).T
    points = Vertices(step, state, heat.astype(float), power.astype(float), np.zeros(len(step)))
    kept = on_hull(points, GROUP, np.full(2, upper))
    for key in {(at, GROUP[of]) for at, of, _, _ in rows}:
        mine = (step == key[0]) & (GROUP[state] == key[1])
        for sign in (1.0, -1.0) if upper else (1.0,):
            every, left = (list(zip(heat[some], sign * power[some], strict=True)) for some in (mine, mine & kept))
            for at in np.arange(0.0, 6.5, 0.5):
                assert least_kw(left, at) == pytest.approx(least_kw(every, at), abs=1e-9)


def test_corners_between_two_others_are_left_out() -> None:
    heat, power = np.array([0.0, 1.0, 2.0]), np.array([0.0, 5.0, 4.0])
    points = Vertices(np.zeros(3, dtype=int), np.array([0, 1, 0]), heat, power, np.zeros(3))
    assert on_hull(points, GROUP, np.zeros(1, dtype=bool)).tolist() == [True, False, True]
    assert on_hull(points, GROUP, np.ones(1, dtype=bool)).all()
