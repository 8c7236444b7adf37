"""The mean of a course over an interval that may cut its steps, against summing it minute by minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.prepare.ven_measures import mean_kw

START, STEP, MINUTE = datetime(2026, 3, 10, 12, 0, tzinfo=UTC), timedelta(minutes=5), timedelta(minutes=1)
VALUES = st.lists(st.none() | st.floats(0.0, 1000.0), min_size=1, max_size=8)


@given(VALUES, st.integers(-6, 45), st.integers(1, 45))
def test_it_is_the_mean_of_the_minutes(values: list[float | None], begins: int, minutes: int) -> None:
    index = pd.date_range(pd.Timestamp(START), periods=len(values), freq=STEP)
    course = pd.Series([np.nan if one is None else one for one in values], index=index, dtype=float)
    each = [values[at // 5] if 0 <= at < 5 * len(values) else None for at in range(begins, begins + minutes)]
    known = [one for one in each if one is not None]
    found = mean_kw(course, STEP, START + begins * MINUTE, START + (begins + minutes) * MINUTE)
    assert found == (None if len(known) < minutes else pytest.approx(sum(known) / minutes))


def test_of_nothing_nothing_is_known() -> None:
    empty = pd.Series(dtype=float, index=pd.DatetimeIndex([], tz="UTC"))
    assert mean_kw(empty, STEP, START, START + STEP) is None
