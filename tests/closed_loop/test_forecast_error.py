"""What one would have expected: exact where it is fixed or published, consistent air, and perfect when asked."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from facility.errors import SignalError
from facility.signals.outlook import CARBON, PRICE, WET_BULB
from tests.closed_loop.making import QUARTER, START, case_of
from tools.closed_loop.course_files import MarketCourse
from tools.closed_loop.forecast_error import HUMIDITY, TEMPERATURE, ForecastWithError
from tools.closed_loop.series import Series

DAY_STEPS = 96
CASE = case_of(days=2, price_per_kwh=[0.1 + 0.001 * step for step in range(384)])
SIGNALS = ForecastWithError.of(CASE, MarketCourse(CASE.market))


def test_a_tariff_is_known() -> None:
    fixed = ForecastWithError.of(CASE, MarketCourse(CASE.market, frozenset({PRICE})))
    found = fixed.forecast(PRICE, START, START, DAY_STEPS, QUARTER)
    assert found.values.tolist() == pytest.approx([0.1 + 0.001 * step for step in range(DAY_STEPS)])
    assert not found.quantiles


def test_prices_are_known_to_the_end_of_the_day_that_was_auctioned() -> None:
    morning = START + timedelta(hours=8)  # 10:00 in Berlin: today's are known, until midnight in Berlin
    found = SIGNALS.forecast(PRICE, morning, morning, DAY_STEPS, QUARTER)
    truth = 0.1 + 0.001 * (32 + np.arange(DAY_STEPS))
    exact = np.isclose(found.values, truth)
    assert exact[:56].all()
    assert not exact[60:].any()
    afternoon = START + timedelta(hours=11, minutes=15)  # 13:15: tomorrow's are out
    later = SIGNALS.forecast(PRICE, afternoon, afternoon, DAY_STEPS, QUARTER)
    assert np.allclose(later.values, 0.1 + 0.001 * (45 + np.arange(DAY_STEPS)))


def test_carbon_errs_in_proportion_and_says_how_much() -> None:
    found = SIGNALS.forecast(CARBON, START, START, DAY_STEPS, QUARTER)
    assert found.values[0] == 300.0
    assert not np.allclose(found.values[1:], 300.0)
    spread = (found.quantiles[0.95] - found.values) / 1.6449
    assert spread[-1] == pytest.approx(300.0 * 0.1 * np.sqrt(1.0 - np.exp(-2.0 * 23.75 / 24.0)))


def test_air_is_one_air() -> None:
    found = {
        name: SIGNALS.forecast(name, START, START, DAY_STEPS, QUARTER).values
        for name in (TEMPERATURE, HUMIDITY, WET_BULB)
    }
    assert (found[HUMIDITY] <= 1.0).all()
    assert (found[WET_BULB] <= found[TEMPERATURE] + 1e-6).all()
    assert found[TEMPERATURE][0] == 15.0
    assert np.abs(found[TEMPERATURE] - 15.0).max() > 0.3


def test_perfect_foresight_has_no_error() -> None:
    found = SIGNALS.perfect().forecast(TEMPERATURE, START, START, DAY_STEPS, QUARTER)
    assert np.allclose(found.values, 15.0)
    assert SIGNALS.perfect().forecast(CARBON, START, START, 4, QUARTER).values.tolist() == [300.0] * 4


def test_an_archive_says_what_it_said() -> None:
    times = pd.date_range(START, periods=48, freq="h")
    rows = pd.DataFrame({PRICE: 0.5, "issued": pd.Timestamp(START - timedelta(hours=2))}, index=times)
    archived = ForecastWithError.of(CASE, MarketCourse(CASE.market, issued={PRICE: Series("prices", rows, rows)}))
    found = archived.forecast(PRICE, START, START, DAY_STEPS, QUARTER)
    assert (set(found.values), found.source) == ({0.5}, "issued")
    earlier = archived.forecast(PRICE, START - timedelta(hours=3), START, 4, QUARTER)
    assert not np.isclose(earlier.values, 0.5).any()


def test_the_end_of_the_case_and_unknown_quantities_are_refused() -> None:
    late = CASE.end + timedelta(hours=47)
    with pytest.raises(SignalError, match="ends at"):
        SIGNALS.forecast(PRICE, late, late, 8, QUARTER)
    with pytest.raises(SignalError, match="no source of 'load'"):
        SIGNALS.forecast("load", START, START, 1, QUARTER)
