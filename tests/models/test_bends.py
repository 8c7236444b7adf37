"""Steps at which courses bend: straight lines between them stay near, and go no further than they may."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.bends import bends, neighbours


@given(st.lists(st.tuples(st.floats(-20, 40), st.floats(0, 500)), min_size=1, max_size=60))
def test_lines_between_the_steps_keep_the_tolerance(values: list[tuple[float, float]]) -> None:
    courses, tolerance, reach = np.array(values), np.array([0.2, 5.0]), np.array([2.0, 50.0])
    kept = bends(courses, tolerance, reach)
    assert (kept[0], kept[-1]) == (0, len(courses) - 1)
    for column, allowed in zip(courses.T, tolerance, strict=True):
        line = np.interp(np.arange(len(courses)), kept, column[kept])
        assert np.abs(line - column).max() <= allowed + 1e-9
    far = (np.abs(np.diff(courses[kept], axis=0)) > reach).any(axis=1)
    assert (np.diff(kept)[far] == 1).all()


def test_a_straight_course_needs_its_ends_alone_and_a_step_both_sides() -> None:
    reach = np.array([np.inf])
    assert list(bends(np.linspace(0.0, 9.0, 40)[:, None], np.array([0.1]), reach)) == [0, 39]
    stepped = np.where(np.arange(40) < 25, 0.0, 9.0)[:, None]
    assert list(bends(stepped, np.array([0.1]), reach)) == [0, 24, 25, 39]


def test_each_step_lies_between_two_that_are_kept() -> None:
    left, right, part = neighbours(np.array([0, 2, 5]))
    assert list(left) == [0, 0, 1, 1, 1, 2]
    assert list(right) == [0, 1, 1, 2, 2, 2]
    assert np.allclose(part, [0.0, 0.5, 0.0, 1 / 3, 2 / 3, 0.0])
