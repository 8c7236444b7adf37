"""Moist air at published points and in its limits."""

from __future__ import annotations

import numpy as np
import pytest

from models import psychrometrics


@pytest.mark.parametrize(
    ("dry_bulb", "humidity", "wet_bulb", "dew_point"),
    [  # ASHRAE psychrometric chart No. 1
        (30.0, 0.5, 22.0, 18.4),
        (25.0, 0.5, 17.9, 13.9),
        (20.0, 1.0, 20.0, 20.0),
        (0.0, 0.6, -2.4, -6.05),  # over ice: saturation at -6 degC is 0.3687 kPa, 60 % of that at 0 degC is 0.3667
    ],
)
def test_chart_points(dry_bulb: float, humidity: float, wet_bulb: float, dew_point: float) -> None:
    assert psychrometrics.wet_bulb_degc(dry_bulb, humidity) == pytest.approx(wet_bulb, abs=0.15)
    assert psychrometrics.dew_point_degc(dry_bulb, humidity) == pytest.approx(dew_point, abs=0.15)


def test_vector_equals_scalar_and_nan_stays_nan() -> None:
    dry, humidity = np.array([5.0, np.nan, 35.0]), np.array([0.9, 0.5, 0.2])
    together = psychrometrics.wet_bulb_degc(dry, humidity)
    assert np.isnan(together[1])
    assert together[2] == psychrometrics.wet_bulb_degc(35.0, 0.2)


def test_there_and_back() -> None:
    humidity = np.array([0.15, 0.5, 0.95])
    wet_bulb = psychrometrics.wet_bulb_degc(24.0, humidity, altitude_m=1600.0)
    np.testing.assert_allclose(
        psychrometrics.relative_humidity_from_wet_bulb_frac(24.0, wet_bulb, altitude_m=1600.0), humidity, atol=2e-3
    )
    dew_point = psychrometrics.dew_point_degc(24.0, humidity)
    np.testing.assert_allclose(psychrometrics.relative_humidity_frac(24.0, dew_point), humidity, atol=1e-3)


def test_a_wet_bulb_sensor_above_the_dry_bulb_reads_as_saturated() -> None:
    assert psychrometrics.relative_humidity_from_wet_bulb_frac(10.0, 10.4) == pytest.approx(1.0)
    assert psychrometrics.relative_humidity_frac(10.0, 12.0) == pytest.approx(1.0)


def test_altitude_thins_the_air() -> None:
    assert psychrometrics.pressure_kpa(0.0) == pytest.approx(101.325)
    assert psychrometrics.pressure_kpa(1500.0) == pytest.approx(84.556, rel=1e-3)  # US standard atmosphere
    assert psychrometrics.air_density_frac(1500.0) == pytest.approx(0.8345, rel=1e-3)
    assert psychrometrics.wet_bulb_degc(30.0, 0.2, altitude_m=2000.0) < psychrometrics.wet_bulb_degc(30.0, 0.2)
