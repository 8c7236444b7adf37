"""A kept forecast asked again, against a real archive."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from facility.signals.kept import OLDEST, kept_forecast
from tests.history.forecasting import NOW, STEP, WARMTH, forecast, open_archive

DAYS_2 = np.arange(192.0)


def steps_from(start: pd.Timestamp, count: int = 192) -> pd.DatetimeIndex:
    return pd.date_range(start, periods=count, freq=STEP)


def test_the_same_steps_are_given_back(tmp_path: Path) -> None:
    with open_archive(tmp_path) as archive:
        archive.keep([forecast(NOW, DAYS_2, spread=3.0)])
        found = kept_forecast(archive, WARMTH, NOW, steps_from(pd.Timestamp(NOW)))
    assert found is not None and found.issued == NOW
    np.testing.assert_array_equal(found.values, DAYS_2)
    np.testing.assert_array_equal(found.quantiles[0.05], DAYS_2 - 3.0)


def test_beyond_its_end_it_goes_on_as_a_day_before(tmp_path: Path) -> None:
    with open_archive(tmp_path) as archive:
        archive.keep([forecast(NOW, DAYS_2)])
        found = kept_forecast(archive, WARMTH, NOW + 8 * STEP, steps_from(pd.Timestamp(NOW + 8 * STEP)))
    assert found is not None
    np.testing.assert_array_equal(found.values[:184], DAYS_2[8:])
    np.testing.assert_array_equal(found.values[184:], DAYS_2[96:104])


def test_shorter_steps_hold_the_value_of_the_longer_one(tmp_path: Path) -> None:
    with open_archive(tmp_path) as archive:
        archive.keep([forecast(NOW, DAYS_2)])
        times = pd.date_range(NOW, periods=6, freq=timedelta(minutes=5))
        found = kept_forecast(archive, WARMTH, NOW, times)
    assert found is not None
    np.testing.assert_array_equal(found.values, [0, 0, 0, 1, 1, 1])


@pytest.mark.parametrize("hours", [OLDEST / timedelta(hours=1) + 0.25, 60])
def test_an_old_one_is_not_what_was_expected(tmp_path: Path, hours: float) -> None:
    at = NOW + timedelta(hours=hours)
    with open_archive(tmp_path) as archive:
        archive.keep([forecast(NOW, DAYS_2)])
        assert kept_forecast(archive, WARMTH, at, steps_from(pd.Timestamp(at).floor(STEP))) is None


def test_one_that_reaches_less_than_a_day_does_not_serve_for_two(tmp_path: Path) -> None:
    with open_archive(tmp_path) as archive:
        archive.keep([forecast(NOW, DAYS_2[:40])])
        assert kept_forecast(archive, WARMTH, NOW, steps_from(pd.Timestamp(NOW))) is None
