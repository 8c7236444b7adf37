"""Waterside changeover after Stein (2009), exchanger heat, airside envelope."""

from __future__ import annotations

import numpy as np
import pytest

from models import economizer
from models.heat_exchanger import WATER_KJ_PER_LK


def test_rated_heat_and_approach() -> None:
    flow = 20.0
    exchanger = economizer.rated_exchanger(500.0, 1.5, flow)
    drop = 500.0 / (WATER_KJ_PER_LK * flow)
    heat = economizer.heat_kw(
        exchanger,
        return_degc=12.0 + drop,
        condenser_degc=12.0 - 1.5,
        chilled_flow_lps=flow,
        condenser_flow_lps=flow,
        rated_flow_lps=flow,
    )
    assert heat == pytest.approx(500.0, rel=1e-4)


def test_no_heat_against_the_gradient() -> None:
    exchanger = economizer.rated_exchanger(500.0, 1.5, 20.0)
    heat = economizer.heat_kw(
        exchanger,
        return_degc=np.array([14.0, 14.0]),
        condenser_degc=np.array([14.0, 19.0]),
        chilled_flow_lps=15.0,
        condenser_flow_lps=20.0,
        rated_flow_lps=20.0,
    )
    np.testing.assert_array_equal(heat, 0.0)


def test_changeover_rules() -> None:
    open_frac = economizer.open_frac(18.0, np.array([17.0, 16.0, 15.5, 15.0, 12.0]), approach_k=1.5)
    np.testing.assert_allclose(open_frac, [0.0, 0.5, 1.0, 1.0, 1.0])  # shut, in the deadband, where it opens, open


def test_airside_envelope() -> None:
    outdoor, dew = np.array([15.0, 15.0, 15.0, 36.0]), np.array([8.0, 17.0, -12.0, 8.0])
    allowed = economizer.airside_allowed(outdoor, dew, return_air_degc=34.0)
    np.testing.assert_array_equal(allowed, [True, False, False, False])
    assert economizer.mixed_air_degc(0.25, 5.0, 33.0) == pytest.approx(26.0)


def test_dampers_mix_to_the_supply_and_never_to_frost() -> None:
    share = economizer.outdoor_share_frac(22.0, [10.0, -20.0, 21.9, 30.0, 22.0], 34.0, min_outdoor_frac=0.05)
    np.testing.assert_allclose(share, [0.5, 12 / 54, 12 / 12.1, 1.0, 1.0])
    np.testing.assert_allclose(economizer.mixed_air_degc(share[:3], [10.0, -20.0, 21.9], 34.0), 22.0)
    cold = economizer.outdoor_share_frac(2.0, -20.0, 30.0)  # asked for colder than the coil behind it bears
    assert economizer.mixed_air_degc(cold, -20.0, 30.0) == pytest.approx(economizer.FROST_MIXED_AIR_DEGC)
    forced = economizer.outdoor_share_frac(22.0, -30.0, 30.0, min_outdoor_frac=0.9)
    assert economizer.mixed_air_degc(forced, -30.0, 30.0) == pytest.approx(economizer.FROST_MIXED_AIR_DEGC)


def test_no_outdoor_air_where_it_is_warmer_than_the_return() -> None:
    assert economizer.outdoor_share_frac(22.0, 38.0, 34.0, min_outdoor_frac=0.1) == pytest.approx(0.1)


def test_water_stays_clear_of_frost() -> None:
    np.testing.assert_array_equal(economizer.water_frost_safe([5.0, 3.9, 5.0], [6.0, 6.0, 4.9]), [True, False, False])
