"""The tower correlation at its published check point, and the directions physics demands."""

from __future__ import annotations

import numpy as np
import pytest

from models import tower


def test_published_check_point() -> None:
    """EnergyPlus designs its variable-speed tower at 3.8889 K: 78 F wet bulb, 10 F range, ratios 1."""
    assert tower.approach_k(1.0, 1.0, 25.5556, 5.5556) == pytest.approx(3.8889, abs=0.001)


def test_vector_equals_scalar() -> None:
    speeds, wet_bulb = np.linspace(0.2, 1.0, 5), np.array([2.0, 12.0, 24.0])
    grid = tower.approach_k(speeds, 0.9, wet_bulb[:, None], 6.0)
    assert grid.shape == (3, 5)
    assert grid[1, 3] == pytest.approx(float(tower.approach_k(speeds[3], 0.9, 12.0, 6.0)))


@pytest.mark.parametrize("wet_bulb", [-1.0, 8.0, 17.0, 26.0])
def test_directions(wet_bulb: float) -> None:
    speeds = np.linspace(0.2, 1.0, 17)
    assert (np.diff(tower.approach_k(speeds, 1.0, wet_bulb, 5.0)) <= 0).all()  # more air, closer
    ranges = tower.approach_k(0.7, 1.0, wet_bulb, np.linspace(1.2, 11.0, 9))
    assert (np.diff(ranges) >= 0).all()  # more heat, further
    waters = tower.approach_k(0.7, np.linspace(0.75, 1.25, 6), wet_bulb, 5.0)
    assert (np.diff(waters) >= 0).all()


def test_below_its_range_the_answer_is_the_warm_edge() -> None:
    assert tower.leaving_water_degc(0.6, 1.0, -12.0, 4.0) == tower.leaving_water_degc(0.6, 1.0, -1.0, 4.0)
    assert tower.extrapolated(1.0, -12.0, 4.0)
    assert not tower.extrapolated(1.0, 10.0, 4.0)
    assert tower.extrapolated(0.5, 10.0, 4.0)


def test_water_use() -> None:
    """About 1.8 L evaporated a kWh of heat for wholly latent rejection is 1.48; with blow-down at 3 cycles half more."""
    evaporation_lps = 1000.0 / 2430.0
    assert tower.makeup_lps(1000.0, 0.0, latent_share=1.0, cycles=3.0) == pytest.approx(1.5 * evaporation_lps)
    assert tower.makeup_lps(0.0, 50.0) == pytest.approx(50.0 * 8e-5)
    assert tower.makeup_lps(1000.0, 0.0, cycles=6.0) < tower.makeup_lps(1000.0, 0.0, cycles=3.0)
