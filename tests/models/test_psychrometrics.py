"""Moist air at published points, in its limits, and against psychrolib, an implementation that others made."""

from __future__ import annotations

import time

import numpy as np
import psychrolib
import pytest

from models import psychrometrics, saturation

psychrolib.SetUnitSystem(psychrolib.SI)


def weather(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return dry bulbs [degC] and relative humidities [0..1] that outdoor air and halls can have."""
    source = np.random.default_rng(7)
    return source.uniform(-40.0, 55.0, rows), source.uniform(0.01, 1.0, rows)


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


@pytest.mark.parametrize(
    ("degc", "kpa"),
    [(-20.0, 0.10324), (0.0, 0.61117), (20.0, 2.33921), (60.0, 19.9474)],
)
def test_saturation_table(degc: float, kpa: float) -> None:
    """ASHRAE Handbook, Fundamentals (2017), chapter 1, table 3."""
    assert saturation.pressure_kpa(degc) == pytest.approx(kpa, rel=5e-4)
    assert saturation.temperature_degc(kpa) == pytest.approx(degc, abs=0.01)


def test_saturation_slope_is_the_derivative() -> None:
    at = np.array([-30.0, -0.1, 0.2, 25.0, 90.0])
    around = np.log(saturation.pressure_kpa(at + 1e-3)) - np.log(saturation.pressure_kpa(at - 1e-3))
    np.testing.assert_allclose(saturation.relative_slope(at), around / 2e-3, rtol=1e-5)


@pytest.mark.parametrize("altitude", [0.0, 1600.0])
def test_agrees_with_psychrolib(altitude: float) -> None:
    dry, humidity = weather(1500)
    pascal = 1000 * psychrometrics.pressure_kpa(altitude)
    assert pascal == pytest.approx(psychrolib.GetStandardAtmPressure(altitude), rel=1e-9)
    ratio = psychrometrics.humidity_ratio(dry, humidity, altitude)
    theirs = [psychrolib.GetHumRatioFromRelHum(t, h, pascal) for t, h in zip(dry, humidity, strict=True)]
    np.testing.assert_allclose(ratio, theirs, atol=1e-9)
    dew = [psychrolib.GetTDewPointFromRelHum(t, h) for t, h in zip(dry, humidity, strict=True)]
    np.testing.assert_allclose(psychrometrics.dew_point_degc(dry, humidity), dew, atol=0.01)
    heat = [psychrolib.GetMoistAirEnthalpy(t, w) / 1000 for t, w in zip(dry, ratio, strict=True)]
    np.testing.assert_allclose(psychrometrics.enthalpy_kj_per_kg(dry, ratio), heat, atol=1e-6)


@pytest.mark.parametrize("altitude", [0.0, 1600.0])
def test_wet_bulb_agrees_with_psychrolib(altitude: float) -> None:
    dry, humidity = weather(1500)
    pascal = 1000 * psychrometrics.pressure_kpa(altitude)
    ours = psychrometrics.wet_bulb_degc(dry, humidity, altitude)
    ratio = psychrometrics.humidity_ratio(dry, humidity, altitude)
    back = [psychrolib.GetHumRatioFromTWetBulb(t, b, pascal) for t, b in zip(dry, ours, strict=True)]
    np.testing.assert_allclose(ratio, back, atol=1e-7)  # ours solves their equation everywhere
    theirs = np.array([psychrolib.GetTWetBulbFromRelHum(t, h, pascal) for t, h in zip(dry, humidity, strict=True)])
    two_wicks = (ours > 0) & (theirs < 0)  # just below freezing it may be wet or frozen; their search takes either
    assert two_wicks.mean() < 0.02
    np.testing.assert_allclose(ours[~two_wicks], theirs[~two_wicks], atol=0.01)


def test_a_year_at_five_minutes_takes_well_under_a_second() -> None:
    dry, humidity = weather(105_120)
    begun = time.process_time()
    psychrometrics.wet_bulb_degc(dry, humidity)
    psychrometrics.dew_point_degc(dry, humidity)
    assert time.process_time() - begun < 0.5


def test_vector_equals_scalar_and_nan_stays_nan() -> None:
    dry, humidity = np.array([5.0, np.nan, 35.0]), np.array([0.9, 0.5, 0.2])
    together = psychrometrics.wet_bulb_degc(dry, humidity)
    assert np.isnan(together[1])
    assert together[2] == psychrometrics.wet_bulb_degc(35.0, 0.2)
    assert np.isnan(psychrometrics.dew_point_degc(20.0, np.nan))


def test_what_no_air_can_be_is_nan_and_no_error() -> None:
    assert np.isnan(psychrometrics.wet_bulb_degc(999.0, 0.5))
    assert np.isnan(psychrometrics.saturated_humidity_ratio(101.0))  # water boils
    assert np.isnan(saturation.temperature_degc(0.0))


def test_there_and_back() -> None:
    humidity = np.array([0.15, 0.5, 0.95])
    wet_bulb = psychrometrics.wet_bulb_degc(24.0, humidity, altitude_m=1600.0)
    np.testing.assert_allclose(
        psychrometrics.relative_humidity_from_wet_bulb_frac(24.0, wet_bulb, altitude_m=1600.0), humidity, atol=1e-9
    )
    dew_point = psychrometrics.dew_point_degc(24.0, humidity)
    np.testing.assert_allclose(psychrometrics.relative_humidity_frac(24.0, dew_point), humidity, atol=1e-9)
    ratio = psychrometrics.humidity_ratio(24.0, humidity, 1600.0)
    np.testing.assert_allclose(psychrometrics.dew_point_of_ratio_degc(ratio, 1600.0), dew_point, atol=1e-6)
    np.testing.assert_allclose(psychrometrics.relative_humidity_of_ratio_frac(24.0, ratio, 1600.0), humidity, atol=1e-9)


def test_saturated_air_is_found_from_its_enthalpy() -> None:
    degc = np.linspace(-35.0, 55.0, 181)
    enthalpy = psychrometrics.enthalpy_kj_per_kg(degc, psychrometrics.saturated_humidity_ratio(degc))
    np.testing.assert_allclose(psychrometrics.saturated_degc(enthalpy), degc, atol=1e-3)


def test_a_wet_bulb_sensor_above_the_dry_bulb_reads_as_saturated() -> None:
    assert psychrometrics.relative_humidity_from_wet_bulb_frac(10.0, 10.4) == pytest.approx(1.0)
    assert psychrometrics.relative_humidity_frac(10.0, 12.0) == pytest.approx(1.0)
    assert psychrometrics.relative_humidity_of_ratio_frac(10.0, 0.02) == 1.0


def test_altitude_thins_the_air() -> None:
    assert psychrometrics.pressure_kpa(0.0) == pytest.approx(101.325)
    assert psychrometrics.pressure_kpa(1500.0) == pytest.approx(84.556, rel=1e-3)  # US standard atmosphere
    assert psychrometrics.air_density_frac(1500.0) == pytest.approx(0.8345, rel=1e-3)
    assert psychrometrics.wet_bulb_degc(30.0, 0.2, altitude_m=2000.0) < psychrometrics.wet_bulb_degc(30.0, 0.2)
