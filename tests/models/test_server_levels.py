"""Power of a pool by level and work: limit cases, convexity, and against all splits of the work."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from models.server_levels import ServerLevel, pool_power_w

FULL = ServerLevel(1.0, np.array([0.0, 0.5, 1.0]), np.array([200.0, 300.0, 500.0]))
SLOW = ServerLevel(0.6, np.array([0.0, 1.0]), np.array([150.0, 260.0]))


def test_idle_and_full_servers_take_what_was_measured() -> None:
    awake = np.array([[10.0, 10.0, 10.0]])
    np.testing.assert_allclose(pool_power_w([FULL], awake, np.array([0.0, 5.0, 10.0])), [2000.0, 3000.0, 5000.0])


def test_work_beyond_capacity_goes_on_at_the_dearest_slope() -> None:
    assert pool_power_w([FULL], np.array([[10.0]]), np.array([11.0]))[0] == pytest.approx(5000.0 + 400.0)


def test_a_curve_that_bulges_counts_by_its_hull_because_work_is_steered() -> None:
    bulging = ServerLevel(1.0, np.array([0.0, 0.5, 1.0]), np.array([200.0, 400.0, 500.0]))
    assert pool_power_w([bulging], np.array([[2.0]]), np.array([1.0]))[0] == pytest.approx(200.0 + 500.0)


def test_no_split_of_the_work_takes_less() -> None:
    """3 servers at full speed and 2 slow ones: every split of the work in twentieths between them."""
    awake, busy = np.array([[3.0], [2.0]]), 2.4
    part = np.linspace(0.0, 1.0, 21)

    def watts(level: ServerLevel, used: float) -> float:
        return float(np.interp(used, level.utilisation_frac, level.power_w))

    splits = []
    for fast, slow in product(product(part, repeat=3), product(part, repeat=2)):
        if abs(sum(fast) + 0.6 * sum(slow) - busy) < 1e-9:
            splits.append(sum(watts(FULL, used) for used in fast) + sum(watts(SLOW, used) for used in slow))
    assert pool_power_w([FULL, SLOW], awake, np.array([busy]))[0] == pytest.approx(min(splits))
