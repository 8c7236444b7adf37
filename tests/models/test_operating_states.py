"""The grid of states: whatever the ramps, from each level a step reaches the next."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.operating_states import MOST_LEVELS, enumerate_states, levels


@given(low=st.floats(5.0, 20.0), span=st.floats(0.1, 15.0), step=st.floats(0.3, 5.0))
def test_levels_are_no_further_apart_than_a_step(low: float, span: float, step: float) -> None:
    values = levels(low, low + span, step)
    assert values[0] == round(low, 2)
    assert values[-1] == round(low + span, 2)
    assert np.diff(values).max() <= step + 1e-6


def supply_air(steps_k: tuple[float, ...]) -> list[tuple[float, ...]]:
    """Return the levels of supply air of two halls at cold water."""
    states = enumerate_states(
        water_range_degc=(8.0, 10.0), water_step_k=2.0, supply_ranges_degc=((18.0, 27.0), (20.0, 24.0)), chillers=1,
        economizer_kind=None, supply_steps_k=steps_k,
    )  # fmt: skip
    return sorted({state.supply_air_degc for state in states if state.leaving_water_degc == 8.0})


def test_supply_air_has_a_level_a_step_where_ramps_are_slow() -> None:
    assert len(supply_air((5.0, 5.0))) == len(supply_air(())) == 3
    slow = np.array(supply_air((5.0 / 3.0, 5.0)))
    assert len(slow) == 7
    assert np.diff(slow, axis=0).max() <= 5.0 / 3.0
    assert len(supply_air((0.1, 5.0))) == MOST_LEVELS
