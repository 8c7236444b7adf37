"""The chiller law at its rating, in its range, and beyond it."""

from __future__ import annotations

import numpy as np
import pytest

from models import chiller


def test_rated_point_gives_the_rated_cop() -> None:
    power = chiller.power_kw(1000.0, 6.67, 29.4, rated_cooling_kw=1000.0, rated_cop=5.5)
    assert power == pytest.approx(1000 / 5.5, rel=0.005)
    assert chiller.available_capacity_kw(1000.0, 6.67, 29.4) == pytest.approx(1000.0, rel=0.005)


def test_inside_its_range_the_published_curve_rules() -> None:
    x, y = 8.0, 27.0  # worked by hand from the published coefficients
    eirft = 0.933884 - 0.058212 * x + 0.00450036 * x**2 + 0.00243 * y + 0.000486 * y**2 - 0.001215 * x * y
    assert chiller.input_ratio(x, y) == pytest.approx(eirft, rel=1e-12)
    assert not chiller.extrapolated(x, y)


def test_warm_chilled_water_is_never_punished() -> None:
    leaving = np.linspace(10, 20, 25)
    ratio = chiller.input_ratio(leaving, 27.0)
    assert (np.diff(ratio) < 0).all()
    slope = -np.diff(np.log(ratio)) / np.diff(leaving)
    assert ((slope > 0.01) & (slope < 0.05)).all()  # machines show 1.5 to 4 % a kelvin, more as lift shrinks
    assert chiller.extrapolated(leaving[1:], 27.0).all()


def test_the_curve_turns_up_where_we_do_not_follow_it() -> None:
    x, y = 20.0, 24.0
    unclamped = 0.933884 - 0.058212 * x + 0.00450036 * x**2 + 0.00243 * y + 0.000486 * y**2 - 0.001215 * x * y
    assert unclamped > 1.0 > chiller.input_ratio(x, y)


def test_cold_condenser_water_helps_steadily_across_the_edge() -> None:
    ratio = chiller.input_ratio(10.0, np.linspace(16, 35, 39))
    assert (np.diff(ratio) > 0).all()
    assert np.abs(np.diff(ratio, 2)).max() < 0.02  # no kink worth the name at 24 degC


def test_the_carnot_exponent_is_the_curves_own() -> None:
    def own(from_x: float, from_y: float, to_x: float, to_y: float) -> float:
        def carnot(x: float, y: float) -> float:
            return (y + 7.0 - x + 2.0) / (x - 2.0 + 273.15)

        curve = chiller.input_ratio(to_x, to_y) / chiller.input_ratio(from_x, from_y)
        return float(np.log(curve) / np.log(carnot(to_x, to_y) / carnot(from_x, from_y)))

    assert own(5.0, 29.4, 10.0, 29.4) == pytest.approx(0.72, abs=0.02)
    assert own(6.67, 24.0, 6.67, 35.0) == pytest.approx(0.72, abs=0.02)


def test_part_load() -> None:
    load = np.array([0.0, 50.0, 100.0, 200.0, 600.0, 1000.0])
    power = chiller.power_kw(load, 7.0, 27.0, rated_cooling_kw=1000.0, min_part_load_frac=0.2)
    assert power[0] == 0.0
    assert (np.diff(power) > 0).all()
    assert power[1] / 50 == pytest.approx(power[2] / 100)  # cycling: the same input a unit of cooling
    assert power[4] == chiller.power_kw(600.0, 7.0, 27.0, rated_cooling_kw=1000.0)


def test_hot_condenser_water_takes_capacity() -> None:
    assert chiller.available_capacity_kw(1000.0, 7.0, 40.0) < chiller.available_capacity_kw(1000.0, 7.0, 35.0)
