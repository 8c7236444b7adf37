"""Intervals of forecasts, by what kept ones missed: wide where they missed much, narrow where they said too much."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from facility.records import Forecast
from facility.signals.proven_spread import LEAST_DAYS, with_proven_spread
from facility.signals.skill import HIGH, LOW
from facility.site_file import LoadedSite
from tests.closed_loop.making import toy_site
from tests.history.forecasting import NOW, STEP, WARMTH, forecast, open_archive
from tools.closed_loop.memory_telemetry import MemoryTelemetry

STEPS = 96
_HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def toy() -> LoadedSite:
    return toy_site()


@pytest.fixture(scope="module")
def readings(toy: LoadedSite) -> MemoryTelemetry:
    """Ten days at 10 degC."""
    kept = MemoryTelemetry(toy.points, toy.revision)
    for number in range(10 * 96):
        kept.record(NOW + number * STEP, {("weather", WARMTH): 10.0})
    return kept


def _proven(
    root: Path, toy: LoadedSite, readings: MemoryTelemetry, *, days: float = 10.0, spread: float | None = None
) -> Forecast:
    """Return a forecast of 20 degC with its interval, after forecasts that missed by up to 1 K, and 0.1 K more an hour ahead."""
    random, lead_h = np.random.default_rng(1), np.arange(STEPS) // 4
    with open_archive(root) as archive:
        for number in range(int(days * 8)):
            missed = random.uniform(-1.0, 1.0) * (1.0 + 0.1 * lead_h)
            archive.keep([forecast(NOW + 3 * number * _HOUR, np.asarray(10.0 + missed, float), spread=spread)])
        asked = forecast(NOW + timedelta(days=days), np.full(STEPS, 20.0), spread=spread)
        return with_proven_spread(asked, archive, toy, readings)


def _half_width_k(found: Forecast) -> np.ndarray:
    assert found.quantiles[LOW] + found.quantiles[HIGH] == pytest.approx(2 * found.values)
    return np.asarray(found.quantiles[HIGH] - found.values)


def test_a_forecast_without_interval_gets_that_of_its_kind(
    tmp_path: Path, toy: LoadedSite, readings: MemoryTelemetry
) -> None:
    found = _proven(tmp_path, toy, readings)
    expected = 0.9 * (1.0 + 0.1 * (np.arange(STEPS) // 4))  # nine in ten of what is uniform
    assert _half_width_k(found) == pytest.approx(expected, rel=0.25)
    assert found.source == "a test, interval by kept forecasts of 11 days", "ten days from six to six touch eleven"


@pytest.mark.parametrize("spread", [0.2, 6.0])
def test_an_interval_is_held_to_what_its_kind_missed(
    tmp_path: Path, toy: LoadedSite, readings: MemoryTelemetry, spread: float
) -> None:
    bare, stated = (
        _proven(tmp_path / name, toy, readings, spread=said) for name, said in (("bare", None), ("stated", spread))
    )
    assert _half_width_k(stated) == pytest.approx(_half_width_k(bare), abs=1e-5), "the same misses, the same width"


def test_few_days_prove_nothing(tmp_path: Path, toy: LoadedSite, readings: MemoryTelemetry) -> None:
    found = _proven(tmp_path, toy, readings, days=LEAST_DAYS - 1.5, spread=2.0)
    assert _half_width_k(found) == pytest.approx(2.0)
    assert found.source == "a test"


def test_what_gave_no_interval_proves_none(tmp_path: Path, toy: LoadedSite, readings: MemoryTelemetry) -> None:
    with open_archive(tmp_path) as archive:
        archive.keep([forecast(NOW + number * _HOUR, np.full(STEPS, 15.0)) for number in range(9 * 24)])
        asked = forecast(NOW + timedelta(days=9), np.full(STEPS, 20.0), spread=2.0)
        assert with_proven_spread(asked, archive, toy, readings) == asked


def test_the_last_lead_hour_proven_stands_for_those_beyond(
    tmp_path: Path, toy: LoadedSite, readings: MemoryTelemetry
) -> None:
    with open_archive(tmp_path) as archive:
        archive.keep([forecast(NOW + number * _HOUR, np.full(8, 12.0)) for number in range(8 * 24)])
        found = with_proven_spread(forecast(NOW + timedelta(days=9), np.full(STEPS, 20.0)), archive, toy, readings)
    assert _half_width_k(found) == pytest.approx(2.0)
