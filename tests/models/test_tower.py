"""The tower correlation at its published check point, and the directions physics demands."""

from __future__ import annotations

import numpy as np
import pytest

from models import psychrometrics, tower


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
    range_k = np.array(4.0)
    assert tower.leaving_water_degc(0.6, 1.0, -12.0)(range_k) == tower.leaving_water_degc(0.6, 1.0, -1.0)(range_k)
    assert tower.extrapolated(1.0, -12.0, 4.0)
    assert not tower.extrapolated(1.0, 10.0, 4.0)
    assert tower.extrapolated(0.5, 10.0, 4.0)


def test_water_use() -> None:
    """About 1.8 L evaporated a kWh of heat for wholly latent rejection is 1.48; with blow-down at 3 cycles half more."""
    evaporation_lps = 1000.0 / 2430.0
    assert tower.makeup_lps(1000.0, 0.0, latent_share=1.0, cycles=3.0) == pytest.approx(1.5 * evaporation_lps)
    assert tower.makeup_lps(0.0, 50.0) == pytest.approx(50.0 * 8e-5)
    assert tower.makeup_lps(1000.0, 0.0, cycles=6.0) < tower.makeup_lps(1000.0, 0.0, cycles=3.0)


def test_evaporation_by_weather() -> None:
    """Wang, Handbook of Air Conditioning, chapter 10: sensible some 5 % in summer and a quarter on cool days."""
    share = tower.latent_share([-5.0, 10.0, 25.0, 35.0], [-6.0, 7.0, 18.0, 20.0], 5.6)
    assert (np.diff(share) > 0).all()
    assert 0.4 < share[0] < 0.6
    assert 0.6 < share[1] < 0.8
    assert 0.85 < share[2] < 1.0
    assert share[3] > 1.0  # dry heat: the air is cooled too
    slow = tower.latent_share(35.0, 20.0, 5.6, air_ratio=0.4)  # little air: what it brings matters less
    assert slow < share[3]


def test_wet_cells_get_their_least_flow() -> None:
    flow = np.array([4.0, 10.0, 24.9, 25.0, 90.0])
    cells = tower.wet_cells(flow, 20.0, 4, min_flow_frac=0.5)
    np.testing.assert_array_equal(cells, [1, 1, 2, 2, 4])
    assert (flow[1:] / cells[1:] >= 10.0).all()


def merkel_number(wet_bulb: float, leaving: float, range_k: float, water_over_air: float) -> float:
    """Return the tower characteristic by Chebyshev's four points (CTI; ASHRAE, tower theory)."""
    water = leaving + range_k * np.array([0.1, 0.4, 0.6, 0.9])
    air_in = psychrometrics.enthalpy_kj_per_kg(wet_bulb, psychrometrics.saturated_humidity_ratio(wet_bulb))
    air = air_in + water_over_air * 4.186 * (water - leaving)
    at_water = psychrometrics.enthalpy_kj_per_kg(water, psychrometrics.saturated_humidity_ratio(water))
    return float(4.186 * range_k * np.mean(1 / (at_water - air)))


@pytest.mark.parametrize("wet_bulb", [10.0, 18.0, 25.6])
@pytest.mark.parametrize(("air_ratio", "within_k"), [(1.0, 0.8), (0.8, 1.7)])
def test_merkel_agrees(wet_bulb: float, air_ratio: float, within_k: float) -> None:
    """KaV/L of the design point, times air^0.6 over water^0.6, gives the correlation's water; warmer the slower the fans."""
    design = merkel_number(25.5556, 25.5556 + 3.8889, 5.5556, 1.0)
    approaches = np.linspace(1.0, 15.0, 400)
    reached = np.array([merkel_number(wet_bulb, wet_bulb + a, 5.5556, 1.0 / air_ratio) for a in approaches])
    cooler = (reached > 0) & (reached >= design * air_ratio**0.6)
    assert tower.approach_k(air_ratio, 1.0, wet_bulb, 5.5556) == pytest.approx(approaches[cooler].max(), abs=within_k)
