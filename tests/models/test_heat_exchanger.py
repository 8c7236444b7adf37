"""Exchangers, coils and CDUs: rated point, limits, and the valve found again."""

from __future__ import annotations

import numpy as np
import pytest

from models import cdu, coil
from models.heat_exchanger import AIR_KJ_PER_M3K, WATER_KJ_PER_LK, HeatExchanger, counterflow


@pytest.mark.parametrize("ratio", [0.3, 1.0, 1.2])
def test_rated_flows_give_the_rated_effectiveness(ratio: float) -> None:
    exchanger = HeatExchanger(0.7, ratio)
    assert exchanger.effectiveness_at(1.0, 1.0) == pytest.approx(0.7, abs=1e-6)


def test_textbook_ntu() -> None:
    """Balanced counterflow: effectiveness = NTU / (1 + NTU)."""
    assert HeatExchanger(0.75, 1.0).rated_ntu == pytest.approx(3.0, rel=1e-5)


def test_much_cold_water_approaches_one_minus_exp_of_ntu() -> None:
    exchanger = HeatExchanger(0.6, 0.5, hot_share=1.0)  # all resistance on the air side: UA does not change
    assert exchanger.effectiveness_at(1.0, 1e6) == pytest.approx(1 - np.exp(-exchanger.rated_ntu), rel=1e-5)


def test_limits_of_counterflow() -> None:
    assert counterflow(2.0, 0.0) == pytest.approx(1 - np.exp(-2.0))  # the other stream changes phase
    assert counterflow(2.0, 1.0) == pytest.approx(2 / 3, abs=1e-5)  # equal capacity rates
    assert counterflow(1e3, 4.0) == pytest.approx(0.25)  # the other is the lesser: it warms all the way
    assert counterflow(0.0, 0.5) == 0.0


def test_streams_at_rest() -> None:
    for exchanger in (HeatExchanger(0.75, 1.0), HeatExchanger(0.6, 0.5, hot_share=1.0)):
        assert exchanger.effectiveness_at(0.0, 1.0) == pytest.approx(1.0, abs=1e-4)
        assert exchanger.effectiveness_at(1.0, 0.0) == pytest.approx(0.0, abs=1e-4)


def test_a_nameplate_against_the_second_law_is_refused() -> None:
    with pytest.raises(ValueError, match="warm the cold stream above the hot one"):
        HeatExchanger(0.8, 1.4)


@pytest.mark.parametrize("valve", [0.05, 0.3, 0.77, 1.0])
def test_the_valve_is_found_again(valve: float) -> None:
    exchanger, air = HeatExchanger(0.65, 0.6, 0.8, 0.6), np.array([0.4, 0.7, 1.0])
    found = exchanger.cold_flow_for(air, exchanger.effectiveness_at(air, valve))
    np.testing.assert_allclose(found, valve, rtol=2e-4)


def test_the_valve_opens_continuously() -> None:
    exchanger = HeatExchanger(0.65, 0.6, 0.8, 0.6)
    found = exchanger.cold_flow_for(0.7, np.linspace(0.2, 0.7, 400))
    assert (np.diff(found) > 0).all()
    assert np.diff(found).max() < 0.02


def test_needed_effectiveness() -> None:
    np.testing.assert_allclose(coil.needed_effectiveness([8.0, 4.0, 8.0], 22.0, [14.0, 18.0, 22.5]), [0.5, 0.5, 1.0])


def test_more_air_does_not_mend_warm_water() -> None:
    """At one heat, faster air returns colder: an open coil short of its supply air by much stays short at any airflow."""
    exchanger, airflow = coil.rated_coil(0.65, 10.0, 20.0), np.linspace(0.3, 1.0, 8)
    needed = coil.needed_effectiveness(9.0 / airflow, 22.0, 18.5)
    assert (needed > exchanger.effectiveness_at(airflow, 1.0)).all()


def test_coil_capacity_ratio() -> None:
    exchanger = coil.rated_coil(0.6, 10.0, 24.0, density_frac=0.9)
    assert exchanger.capacity_ratio == pytest.approx(10 * AIR_KJ_PER_M3K * 0.9 / 24)


def test_cdu_approach_at_rating() -> None:
    exchanger = cdu.rated_exchanger(320.0, 9.0, 4.0, rated_water_kw_per_k=320 / 6)
    drop = 320 / (9.0 * WATER_KJ_PER_LK)
    assert drop * (1 / exchanger.effectiveness_at(1.0, 1.0) - 1) == pytest.approx(4.0)
    np.testing.assert_allclose(cdu.flow_frac(np.array([0.0, 160.0, 500.0]), 320.0, 0.4), [0.4, 0.5, 1.0])
    assert cdu.pump_kw(1.0, 4.5) == pytest.approx(4.5)


def test_cdu_approach_at_other_flows_and_heats() -> None:
    exchanger = cdu.rated_exchanger(320.0, 9.0, 4.0, rated_water_kw_per_k=320 / 6)
    drop = 320 / (9.0 * WATER_KJ_PER_LK)
    assert cdu.approach_k(exchanger, drop, 1.0, 1.0) == pytest.approx(4.0)
    assert cdu.approach_k(exchanger, 0.5 * drop, 1.0, 1.0) == pytest.approx(2.0)  # half the heat at the same flows
    by_primary = cdu.approach_k(exchanger, drop, np.array([0.6, 0.8, 1.0]), 1.0)
    assert (np.diff(by_primary) < 0).all()
    by_secondary = cdu.approach_k(exchanger, drop, 1.0, np.array([0.5, 0.75, 1.0]))  # at one drop: less flow, less heat
    assert (np.diff(by_secondary) > 0).all()


def test_cdu_setpoint_in_reach_or_not() -> None:
    exchanger = cdu.rated_exchanger(320.0, 9.0, 4.0, rated_water_kw_per_k=320 / 6)
    drop = 320 / (9.0 * WATER_KJ_PER_LK)
    np.testing.assert_array_equal(cdu.supply_reachable(exchanger, [30.0, 30.0], [25.9, 26.1], drop, 1.0), [True, False])
    assert cdu.warmest_primary_degc(exchanger, 30.0, drop, 1.0) == pytest.approx(26.0)
