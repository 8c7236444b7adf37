"""Forecast errors: zero at the issue, growing, correlated, and the same whoever asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tests.closed_loop.making import quarters
from tools.closed_loop.error_course import ErrorCourse

ISSUED = datetime(2025, 6, 2, tzinfo=UTC)
COURSE = ErrorCourse("dry_bulb_degc", 1, 2.0, 48.0)


def many_errors(lead_steps: int) -> np.ndarray:
    """Return errors of 400 forecasts, a day apart, up to a lead."""
    return np.array(
        [COURSE.errors(start := ISSUED + timedelta(days=day), quarters(start, lead_steps + 1)) for day in range(400)]
    )


def test_the_present_has_no_error_and_the_past_neither() -> None:
    times = quarters(ISSUED - timedelta(hours=1), 5)
    assert COURSE.errors(ISSUED, times).tolist() == [0.0] * 5
    assert COURSE.spread(ISSUED, times).tolist() == [0.0] * 5


def test_errors_grow_with_lead_as_their_spread_says() -> None:
    errors = many_errors(96)
    spread = COURSE.spread(ISSUED, quarters(ISSUED, 97))
    for hours in (6, 24):
        assert errors[:, 4 * hours].std() == pytest.approx(spread[4 * hours], rel=0.15)
        assert abs(errors[:, 4 * hours].mean()) < 0.2
    assert spread[96] == pytest.approx(2.0 * np.sqrt(1.0 - np.exp(-1.0)))


def test_neighbouring_hours_err_together() -> None:
    errors = many_errors(96)
    assert np.corrcoef(errors[:, 92], errors[:, 96])[0, 1] > 0.9


def test_a_newer_forecast_knows_what_happened_in_between() -> None:
    times = quarters(ISSUED + timedelta(hours=12), 1)
    by_issue = [COURSE.errors(ISSUED + timedelta(hours=hours), times)[0] for hours in (0, 6, 12)]
    assert by_issue[2] == 0.0
    parts = COURSE.errors(ISSUED, quarters(ISSUED + timedelta(hours=6), 1))[0] * np.exp(-6.0 / 48.0)
    assert by_issue[0] == pytest.approx(by_issue[1] + parts)


def test_the_course_depends_on_seed_and_name_only() -> None:
    times = quarters(ISSUED, 50)
    again = ErrorCourse("dry_bulb_degc", 1, 2.0, 48.0).errors(ISSUED, times)
    assert np.array_equal(again, COURSE.errors(ISSUED, times))
    for other in (ErrorCourse("dry_bulb_degc", 2, 2.0, 48.0), ErrorCourse("dew_point_degc", 1, 2.0, 48.0)):
        assert not np.allclose(other.errors(ISSUED, times), again)
