"""Tables of power over a law: exact where linear, rising everywhere, quick."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.component.ratio_table import Range, tabulate


def axes(drivers: int) -> Range:
    return Range(np.array([10.0, *(20.0,) * drivers]), np.array([100.0, *(30.0,) * drivers]))


def test_what_is_linear_comes_back_exactly_and_is_held_at_the_ends() -> None:
    table = tabulate(lambda features: 1.0 + features @ [0.001, 0.01, 0.02], axes(2))
    random = np.random.default_rng(0)
    inside = random.uniform(axes(2).low, axes(2).high, (500, 3))
    np.testing.assert_allclose(table.at(inside), 1.0 + inside @ [0.001, 0.01, 0.02], rtol=1e-12)
    far = np.array([[1e6, 25.0, 1e6], [0.0, -1e6, 25.0]])
    np.testing.assert_allclose(table.at(far), table.at(axes(2).held(far)))


@given(st.lists(st.floats(-0.5, 3.0), min_size=4, max_size=4), st.floats(0.01, 60.0))
def test_power_rises_with_the_law_whatever_the_ratio(levels: list[float], low: float) -> None:
    range_kw = Range(np.array([low]), np.array([low + 50.0]))
    table = tabulate(lambda features: np.interp(features[:, 0] - low, [0.0, 10.0, 30.0, 50.0], levels), range_kw)
    law = np.linspace(0.0, low + 80.0, 3001)[:, None]
    assert (np.diff(table.power_kw(law)) >= -1e-9).all()


def test_beyond_the_range_part_of_the_trend_goes_on_and_less_of_it_from_a_narrow_range() -> None:
    """A machine whose power rises thrice as fast as its law."""
    rises = []
    for low in (1.0, 50.0, 99.0):
        seen = Range(np.array([low]), np.array([100.0]))
        power = seen.power_kw(lambda features: 3.0 - 50.0 / features[:, 0], np.array([[100.0], [200.0]]))
        rises.append(np.diff(power).item() / 100.0)
    assert 1.6 < rises[0] < np.sqrt(3.0)  # halfway, as factors go
    assert rises[0] > rises[1] > rises[2] > 1.0
    assert rises[2] == pytest.approx(1.0, abs=0.01)  # a range of nothing shows no trend


def test_only_drivers_and_the_upper_end_of_the_law_widen() -> None:
    wide = axes(1).widened(0.5)
    np.testing.assert_allclose(wide.low, [10.0, 15.0])
    np.testing.assert_allclose(wide.high, [145.0, 35.0])


def test_a_hundred_thousand_rows_take_a_blink() -> None:
    table = tabulate(lambda features: 1.0 + 0.001 * features.sum(axis=1), axes(3))
    features = np.random.default_rng(1).uniform(axes(3).low, axes(3).high, (100_000, 4))
    begun = time.process_time()
    table.power_kw(features)
    assert time.process_time() - begun < 0.5  # 0.06 s where it was written
