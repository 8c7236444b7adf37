"""How a cap was kept, against what is reckoned by hand."""

from __future__ import annotations

import numpy as np
import pytest

from models.demand_response.cap import cap_kept


def test_above_kept_and_not_measured_by_hand() -> None:
    """Six steps of five minutes; the last is not of the cap, and the fifth not measured."""
    drawn_kw = np.array([90.0, 112.0, 100.0, 124.0, np.nan, 500.0])
    hours = np.array([1.0, 1.0, 1.0, 0.5, 1.0, 0.0]) / 12.0
    found = cap_kept(drawn_kw, np.full(6, 100.0), hours)
    assert found.above_kw == pytest.approx([0.0, 12.0, 0.0, 24.0, np.nan, np.nan], nan_ok=True)
    assert (60.0 * found.above_h, found.above_kwh, found.most_above_kw) == pytest.approx((7.5, 2.0, 24.0))
    assert (found.kept, 60.0 * found.missing_h) == pytest.approx((2.0 / 3.5, 5.0))


def test_what_is_drawn_less_makes_up_for_nothing() -> None:
    found = cap_kept(np.array([50.0, 110.0]), np.full(2, 100.0), np.full(2, 0.5))
    assert (found.above_kwh, found.kept) == (5.0, 0.5)


def test_a_silent_meter_shows_nothing_above() -> None:
    found = cap_kept(np.full(3, np.nan), np.full(3, 100.0), np.full(3, 1.0))
    assert (found.above_h, found.above_kwh, found.most_above_kw, found.kept, found.missing_h) == (
        0.0,
        0.0,
        0.0,
        1.0,
        3.0,
    )
