"""Crossflow exchangers and dry coolers: rated point, limits, pads, frost."""

from __future__ import annotations

import numpy as np
import pytest

from models import dry_cooler
from models.crossflow import CrossflowExchanger, effectiveness
from models.heat_exchanger import AIR_KJ_PER_M3K

RANGE_K = 100.0 / (5.0 * dry_cooler.GLYCOL_KJ_PER_LK)
COOLER = dry_cooler.rated_exchanger(100.0, 5.0, 5.0)


@pytest.mark.parametrize(
    ("ntu", "ratio", "expected"),
    [  # Kays and London, Compact Heat Exchangers, table 3: crossflow, both unmixed
        (1.0, 0.0, 0.632),
        (1.0, 0.5, 0.541),
        (1.0, 1.0, 0.476),
        (3.0, 0.0, 0.950),
        (3.0, 1.0, 0.681),
    ],
)
def test_textbook_crossflow(ntu: float, ratio: float, expected: float) -> None:
    assert effectiveness(ntu, ratio) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("ratio", [0.4, 1.0, 1.6])
def test_rated_flows_give_the_rated_effectiveness(ratio: float) -> None:
    assert CrossflowExchanger(0.5, ratio).effectiveness_at(1.0, 1.0) == pytest.approx(0.5, abs=1e-9)


def test_streams_at_rest() -> None:
    exchanger = CrossflowExchanger(0.5, 1.0)
    assert exchanger.effectiveness_at(0.0, 1.0) == pytest.approx(1.0, abs=1e-3)
    assert exchanger.effectiveness_at(1.0, 0.0) == pytest.approx(0.0, abs=1e-3)


def test_a_nameplate_that_crossflow_cannot_keep_is_refused() -> None:
    with pytest.raises(ValueError, match="check rated heat, flow and approach"):
        CrossflowExchanger(0.95, 1.2)


def test_rated_approach_and_airflow() -> None:
    assert dry_cooler.leaving_degc(COOLER, RANGE_K, 30.0, 1.0) == pytest.approx(35.0, abs=1e-6)
    air_rise = 100.0 / (AIR_KJ_PER_M3K * dry_cooler.rated_airflow_m3ps(100.0, 5.0, RANGE_K))
    assert air_rise == pytest.approx(0.6 * (5.0 + RANGE_K))


def test_less_air_and_more_heat_are_warmer() -> None:
    by_speed = dry_cooler.leaving_degc(COOLER, RANGE_K, 20.0, np.linspace(0.15, 1.0, 18))
    assert (np.diff(by_speed) < 0).all()
    by_heat = dry_cooler.leaving_degc(COOLER, np.linspace(1.0, RANGE_K, 9), 20.0, 0.6)
    np.testing.assert_allclose(np.diff(by_heat, 2), 0.0, atol=1e-9)  # at constant flows the approach goes with the heat


def test_the_fan_speed_is_found_again() -> None:
    speeds = np.array([0.2, 0.5, 0.9])
    leaving = dry_cooler.leaving_degc(COOLER, RANGE_K, 25.0, speeds, 0.8)
    np.testing.assert_allclose(
        dry_cooler.speed_for_frac(COOLER, leaving, RANGE_K, 25.0, flow_frac=0.8), speeds, atol=1e-3
    )
    assert np.isnan(dry_cooler.speed_for_frac(COOLER, 26.0, RANGE_K, 25.0))
    assert dry_cooler.speed_for_frac(COOLER, 90.0, RANGE_K, 25.0) == pytest.approx(0.15, abs=1e-3)


def test_pads_cool_dry_air_and_stop_before_they_freeze() -> None:
    outdoor, bulb = np.array([35.0, 35.0, 3.0]), np.array([20.0, 35.0, 0.0])
    np.testing.assert_allclose(dry_cooler.air_on_coil_degc(outdoor, bulb, 0.7), [24.5, 35.0, 3.0])
    np.testing.assert_allclose(dry_cooler.air_on_coil_degc(outdoor, bulb, 0.0), outdoor)
    water = dry_cooler.pad_water_lps(10.0, outdoor, bulb, 0.7)
    assert water[1] == pytest.approx(0.0, abs=1e-6) and water[2] == 0.0
    # 10 m3/s cooled by 10.5 K is 127 kW; at 2.45 MJ a litre that is 0.052 L/s, and half more for the bleed
    assert water[0] == pytest.approx(1.5 * 10 * 1.2 * 1.006 * 10.5 / 2450, rel=0.06)


def test_frost() -> None:
    leaving, outdoor = np.array([3.0, 6.0, 3.0, 3.0]), np.array([-10.0, -10.0, -10.0, 8.0])
    running = np.array([True, True, False, False])
    np.testing.assert_array_equal(
        dry_cooler.frost_safe(leaving, outdoor, running, glycol=False), [False, True, False, True]
    )
    assert dry_cooler.frost_safe(leaving, outdoor, running, glycol=True).all()
