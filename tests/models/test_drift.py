"""Drift: a step is found and dated, what is usual or over is not, and one wild hour says nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.drift import LEAST_LIMIT, drifted, may_have_drifted, usual_miss

BEGIN = pd.Timestamp("2026-05-04", tz="UTC")
HALF_WIDTH = 1.645


def residuals(days: float, seed: int = 1) -> pd.Series[float]:
    """Quarters of an hour that hang together for some hours, as what a model misses does; standard deviation one half."""
    random = np.random.default_rng(seed)
    size = int(days * 96)
    values = np.zeros(size)
    for step in range(1, size):
        values[step] = 0.95 * values[step - 1] + random.normal(0.0, 0.5 * np.sqrt(1 - 0.95**2))
    return pd.Series(values, index=pd.date_range(BEGIN, periods=size, freq="15min"))


def test_a_model_that_holds_does_not_drift_in_two_months() -> None:
    calm = residuals(60)
    ends = range(96, len(calm), 96)
    assert not any(drifted(calm.iloc[max(0, end - 288) : end], HALF_WIDTH) for end in ends)


@pytest.mark.parametrize("size", [3.0, -3.0, 4.5])
def test_a_step_is_found_within_a_day_dated_and_measured(size: float) -> None:
    changed = residuals(3)
    since = BEGIN + pd.Timedelta(days=2)
    changed[changed.index >= since] += size
    found = drifted(changed, HALF_WIDTH)
    assert found is not None
    assert abs(found.since - since) <= pd.Timedelta(hours=3)
    assert found.size == pytest.approx(size, abs=0.7)
    a_few_hours_in = changed[: since + pd.Timedelta(hours=2)]
    assert drifted(a_few_hours_in, HALF_WIDTH) is None


@pytest.mark.parametrize("share", [0.9, -0.9])
def test_what_the_interval_allows_for_never_adds_up(share: float) -> None:
    """A weather that history has not had, in which a model is off to one side for a month."""
    off = pd.Series(share * HALF_WIDTH, index=residuals(30).index)
    assert drifted(off, HALF_WIDTH) is None
    assert drifted(1.5 * off, HALF_WIDTH) is not None


def test_hours_too_few_to_drift_do_not_however_wild_and_one_more_does() -> None:
    wild = pd.Series(100.0 * HALF_WIDTH, index=residuals(2).index)
    found = {hours: drifted(wild.iloc[: 4 * hours], HALF_WIDTH) is not None for hours in range(1, 48)}
    assert found == {hours: may_have_drifted(hours) for hours in found}
    assert len(set(found.values())) == 2


def test_what_is_over_is_no_drift() -> None:
    changed = residuals(6)
    trouble = (changed.index >= BEGIN + pd.Timedelta(days=2)) & (changed.index < BEGIN + pd.Timedelta(days=3))
    changed[trouble] += 3.0
    assert drifted(changed[: BEGIN + pd.Timedelta(days=3)], HALF_WIDTH) is not None
    assert drifted(changed, HALF_WIDTH) is None


def test_one_wild_reading_or_a_gap_says_nothing() -> None:
    changed = residuals(3)
    changed.iloc[-3] = 1e6
    changed.iloc[100:150] = np.nan
    assert drifted(changed, HALF_WIDTH) is None
    assert drifted(changed.iloc[:0], HALF_WIDTH) is None


def test_what_was_usual_in_the_test_rows_raises_the_limit() -> None:
    daily = residuals(6)
    daily += 2.5 * np.sin(np.arange(len(daily)) / 96 * 2 * np.pi)  # a model that misses the time of day
    usual = usual_miss(daily[: BEGIN + pd.Timedelta(days=3)])
    assert usual.limit >= LEAST_LIMIT
    assert 2.0 < usual.half_width < 3.5
    rest = daily[BEGIN + pd.Timedelta(days=3) :]
    assert all(drifted(rest.iloc[:end], usual.half_width, usual.limit) is None for end in range(48, len(rest), 24))
