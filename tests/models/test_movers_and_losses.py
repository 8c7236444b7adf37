"""Fans, pumps, servers and electrical losses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import drive, fan, pump
from models.electrical import LossCurve
from models.servers import ServerFans

UPS = LossCurve(rated_kw=600.0, no_load_kw=7.0, proportional_frac=0.012, square_frac=0.022)


def test_fan_cube_law() -> None:
    np.testing.assert_allclose(fan.power_kw([0.0, 0.5, 1.0], 8.0), [0.0, 1.0, 8.0])
    assert fan.speed_frac(fan.power_kw(0.63, 8.0, 2.7), 8.0, 2.7) == pytest.approx(0.63)


def test_pump_exponent_lies_between_one_and_three() -> None:
    half = [float(pump.power_kw(0.5, 10.0, static)) for static in (0.0, 0.3, 1.0)]
    assert half[0] == pytest.approx(1.25)
    assert half[2] == pytest.approx(5.0)
    assert 2.0 < np.log(half[1] / 10) / np.log(0.5) < 2.7  # the published range for a fixed head
    assert pump.power_kw(0.05, 10.0) == pump.power_kw(0.2, 10.0)


@pytest.mark.parametrize(("static", "low", "high"), [(0.0, 2.7, 3.0), (0.3, 1.9, 2.3), (0.5, 1.6, 1.9)])
def test_the_exponent_falls_out_of_the_system(static: float, low: float, high: float) -> None:
    share = fan.system_power_kw(np.array([0.5, 0.8]), 1.0, static)
    exponent = np.log(share) / np.log([0.5, 0.8])
    assert ((exponent > low) & (exponent < high)).all()
    assert fan.system_power_kw(1.0, 8.0, static) == pytest.approx(8.0)
    assert fan.system_power_kw(0.0, 8.0, static) == 0.0


@pytest.mark.parametrize(("load", "published"), [(1.0, 0.97), (0.5, 0.95), (0.125, 0.86), (0.016, 0.47)])
def test_drive_efficiency_by_load(load: float, published: float) -> None:
    """US DOE, Motor Tip Sheet 11."""
    assert load / drive.DRIVE.input_kw(load) == pytest.approx(published, abs=0.01)


def test_motor_and_drive_lose_their_efficiency_at_low_load() -> None:
    assert drive.efficiency_frac([1.0, 0.5]) == pytest.approx([0.90, 0.89], abs=0.01)
    assert 0.6 < drive.efficiency_frac(0.1) < 0.75
    assert drive.efficiency_frac(0.0) == 0.0 and drive.electric_frac(0.0) == 0.0
    low = np.array([0.25, 0.4])
    assert (pump.driven_power_kw(low, 10.0) > pump.power_kw(low, 10.0)).all()
    assert pump.driven_power_kw(1.0, 10.0) == pytest.approx(10.0)


def test_pump_speed_meets_the_system() -> None:
    assert pump.speed_frac(1.0) == pytest.approx(1.0)
    assert pump.speed_frac(0.5, static_head_frac=0.0) == pytest.approx(0.5)  # affinity
    assert pump.speed_frac(0.0, static_head_frac=0.3) == pytest.approx(np.sqrt(0.3 / 1.25))  # it must hold the head


def test_servers_within_the_published_band() -> None:
    """ASHRAE TC 9.9: volume servers take 4-8 % more at 30 degC than at cool inlets, up to about 20 % at 35 degC."""
    fans = ServerFans()
    assert fans.extra_frac(18.0) == 0.0
    assert 0.03 < fans.extra_frac(30.0) - fans.extra_frac(20.0) < 0.10
    assert 0.08 < fans.extra_frac(35.0) < 0.20
    inlets = fans.extra_frac(np.linspace(18, 40, 50))
    assert (np.diff(inlets) > 0).all()
    assert (np.diff(inlets, 2) > -1e-12).all()  # convex: the plan may rely on it
    assert fans.at_reference_kw(100 * (1 + fans.extra_frac(29.0)), 29.0) == pytest.approx(100.0)


def test_where_a_site_allows_it_colder_air_than_recommended_counts_too() -> None:
    steep = ServerFans(fan_power_share_frac=0.45, speed_per_k=0.035, min_speed_frac=0.8, leakage_per_k=0.03)
    for fans in (ServerFans(), steep):
        extra = fans.extra_frac(np.linspace(-10, 18, 50))
        assert (np.diff(extra) >= 0).all() and extra[-1] == 0.0
        assert (extra > -1).all()  # power stays above 0 however steep
    assert steep.extra_frac(15.0) < -0.1


def test_ups_losses() -> None:
    assert UPS.loss_kw(0.0) == 7.0
    assert UPS.loss_kw(600.0) == pytest.approx(7 + 7.2 + 13.2)
    assert UPS.input_kw(300.0) == pytest.approx(300 + 7 + 3.6 + 3.3)


@given(st.floats(0, 900), st.sampled_from([UPS, LossCurve(100.0, 1.0), LossCurve(100.0, 0.0, 0.03)]))
def test_output_is_the_inverse_of_input(output_kw: float, curve: LossCurve) -> None:
    assert curve.output_kw(curve.input_kw(output_kw)) == pytest.approx(output_kw, abs=1e-6)


def test_tangents_lie_below_and_close() -> None:
    slope, intercept = UPS.tangents(100.0, 600.0, pieces=4)
    load = np.linspace(100, 600, 401)
    pieces = (slope[:, None] * load + intercept[:, None]).max(axis=0)
    gap = UPS.loss_kw(load) - pieces
    assert gap.min() > -1e-9
    assert gap.max() == pytest.approx(0.022 * 500**2 / (4 * 16 * 600), rel=1e-3)
