"""Coils that condense: energy and mass balance, limits, and what humidifiers give back."""

from __future__ import annotations

import numpy as np
import pytest

from models import coil, humidifier, psychrometrics
from models.wet_coil import Coil, cool

AIR_KGPS, WATER_KW_PER_K = 12.0, 24.0
COIL = Coil(coil.rated_coil(0.65, 10.0, WATER_KW_PER_K), AIR_KGPS, WATER_KW_PER_K)


def ratio(dry_bulb: float, humidity: float) -> float:
    return float(psychrometrics.humidity_ratio(dry_bulb, humidity))


def test_heat_and_water_balance() -> None:
    entering = ratio(27.0, 0.5)
    answer = cool(COIL, 27.0, entering, 7.0)
    air = psychrometrics.enthalpy_kj_per_kg([27.0, float(answer.air_degc)], [entering, float(answer.humidity_ratio)])
    assert answer.total_kw == pytest.approx(AIR_KGPS * (air[0] - air[1]))
    assert answer.total_kw == pytest.approx(WATER_KW_PER_K * (answer.water_degc - 7.0))
    assert answer.condensate_lps == pytest.approx(AIR_KGPS * (entering - answer.humidity_ratio))
    latent_kw = answer.condensate_lps * 2501.0
    assert answer.total_kw - answer.sensible_kw == pytest.approx(latent_kw, rel=0.03)
    assert 0.65 < answer.sensible_heat_ratio < 0.85  # coils of comfort air handlers at 7 degC: 0.7 to 0.8


def test_warm_water_keeps_the_coil_dry() -> None:
    answer = cool(COIL, 35.0, ratio(35.0, 0.2), 14.0)
    assert answer.sensible_heat_ratio == 1.0 and answer.condensate_lps == 0.0
    assert (35.0 - answer.air_degc) / (35.0 - 14.0) == pytest.approx(0.65)  # the dry effectiveness


def test_the_change_from_dry_to_wet_does_not_jump() -> None:
    water = np.linspace(4.0, 20.0, 161)
    answer = cool(COIL, 27.0, ratio(27.0, 0.5), water)
    assert (np.diff(answer.total_kw) < 0).all()
    assert np.abs(np.diff(answer.total_kw)).max() < 3.0
    assert (np.diff(answer.sensible_heat_ratio) >= -1e-9).all()
    assert answer.sensible_heat_ratio[0] < 0.75 and answer.sensible_heat_ratio[-1] == 1.0


def test_leaving_air_holds_no_more_than_it_can() -> None:
    answer = cool(COIL, 24.0, ratio(24.0, 0.95), np.array([4.0, 8.0, 12.0]))
    assert (answer.humidity_ratio <= psychrometrics.saturated_humidity_ratio(answer.air_degc) * 1.005).all()


def test_no_flow_no_heat() -> None:
    answer = cool(COIL, 27.0, 0.01, [7.0, 7.0, 30.0], air_frac=[0.0, 1.0, 1.0], water_frac=[1.0, 0.0, 1.0])
    np.testing.assert_allclose(answer.total_kw, 0.0, atol=0.01)
    np.testing.assert_allclose(answer.sensible_heat_ratio, 1.0)
    assert (answer.water_degc <= 30.0).all()


def test_coil_low_limit() -> None:
    np.testing.assert_array_equal(coil.may_freeze([4.9, 5.0]), [True, False])


def test_humidifiers() -> None:
    moisture = humidifier.moisture_kgps(AIR_KGPS, [0.004, 0.009], 0.006)
    np.testing.assert_allclose(moisture, [AIR_KGPS * 0.002, 0.0])
    assert humidifier.power_kw(1.0, 0.75) == 2700.0
    assert abs(humidifier.cooling_kj_per_kg(0.75)) < 0.1 * humidifier.cooling_kj_per_kg(0.05)  # steam hardly cools
    assert humidifier.water_lps(1.0, 0.07) > humidifier.water_lps(1.0, 0.75) > 1.0
