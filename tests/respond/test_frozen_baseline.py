"""The baseline of an event, from the meter of the days before, by each method; and that nothing after the notice counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from facility.respond.event_state import GridEventState, KeptEvent
from facility.respond.frozen_baseline import FROZEN, STEP, History, NoBaselineError, event_slots, frozen_baseline
from facility.respond.settings import Adjustment, BaselineTerms
from tests.respond.grid_events import grid_event

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 7, 14, 14, 0, tzinfo=BERLIN)  # a Tuesday
NOTICED = START - timedelta(hours=3)


def history(level: float = 400.0, *, today: float = 1.0) -> History:
    """A meter that follows the hour of the clock and the outdoor temperature; on the day of the event times `today`."""
    times = pd.date_range(START - timedelta(days=60), START + timedelta(hours=6), freq=STEP).tz_convert("UTC")
    local = times.tz_convert(BERLIN)
    outdoor = pd.Series(15.0 + local.day % 7 + 5.0 * np.sin(local.hour / 24.0 * np.pi), index=times)
    power = level + 2.0 * local.hour + 3.0 * outdoor
    return History(power.where(local.date != START.date(), today * power), outdoor, (), BERLIN)


def kept(noticed: datetime = NOTICED, hours: int = 2) -> KeptEvent:
    event = grid_event((80.0,) * hours, start=START)
    return KeptEvent(1, event, GridEventState.OPTED_IN, noticed, noticed, noticed)


def test_ten_of_ten_is_the_mean_of_ten_days_at_the_same_time() -> None:
    given = history()
    found = frozen_baseline(kept(), BaselineTerms(), given)
    at = [pd.Timestamp(datetime(day.year, day.month, day.day, 14, tzinfo=BERLIN)) for day in found.days]
    assert len(found.days) == 10 and found.kw[0] == pytest.approx(given.meter_kw[at].mean())
    assert len(found.kw) == 24 and found.course.index[0] == pd.Timestamp(START)


def test_high_five_of_ten_is_higher() -> None:
    low, high = (
        frozen_baseline(kept(), BaselineTerms(method=method), history())
        for method in ("ten_of_ten", "high_five_of_ten")
    )
    assert len(high.days) == 5 and set(high.days) < set(low.days) and min(high.kw) > max(low.kw)


@pytest.mark.parametrize(("today", "factor"), [(1.1, 1.1), (1.5, 1.2), (0.5, 0.8)])
def test_it_is_adjusted_to_the_day_within_its_cap(today: float, factor: float) -> None:
    terms = BaselineTerms(adjustment=Adjustment())
    usual = frozen_baseline(kept(), terms, history(today=1.0))
    adjusted = frozen_baseline(kept(), terms, history(today=today))
    assert adjusted.uncapped == pytest.approx(usual.uncapped * today)
    expected = np.clip(usual.uncapped * today, 0.8, 1.2)
    assert adjusted.factor == pytest.approx(expected) and adjusted.factor == pytest.approx(factor, rel=0.05)
    assert adjusted.kw == pytest.approx(np.array(usual.kw) / usual.factor * adjusted.factor)


def test_after_a_notice_of_the_day_before_the_day_itself_does_not_count() -> None:
    found = frozen_baseline(
        kept(START - timedelta(hours=20)), BaselineTerms(adjustment=Adjustment()), history(today=1.5)
    )
    assert found.factor == 1.0 and "not adjusted" in found.notes[0]


def test_what_is_drawn_after_the_notice_changes_nothing() -> None:
    for method in ("ten_of_ten", "high_five_of_ten", "meter_before", "weather_regression"):
        terms = BaselineTerms(method=method, adjustment=Adjustment())
        given = history()
        honest = frozen_baseline(kept(), terms, given)
        given.meter_kw[given.meter_kw.index >= pd.Timestamp(NOTICED)] *= 3.0
        assert frozen_baseline(kept(), terms, given) == honest, method


def test_the_meter_before() -> None:
    found = frozen_baseline(kept(), BaselineTerms(method="meter_before"), history())
    given = history().meter_kw
    hour = given[(given.index >= pd.Timestamp(NOTICED - timedelta(hours=1))) & (given.index < pd.Timestamp(NOTICED))]
    assert found.kw == pytest.approx([hour.mean()] * 24)


def test_the_weather_regression_finds_what_the_plant_does() -> None:
    given = history()
    found = frozen_baseline(kept(), BaselineTerms(method="weather_regression"), given)
    assert found.kw == pytest.approx(given.meter_kw[found.course.index].to_numpy(), rel=1e-3)
    unknown = History(given.meter_kw, given.outdoor_degc[: pd.Timestamp(NOTICED)], (), BERLIN)
    with pytest.raises(NoBaselineError, match="temperature of the event"):
        frozen_baseline(kept(), BaselineTerms(method="weather_regression"), unknown)


def test_a_silent_meter_has_no_baseline() -> None:
    silent = History(history().meter_kw * np.nan, history().outdoor_degc, (), BERLIN)
    for method in ("ten_of_ten", "high_five_of_ten", "meter_before", "weather_regression"):
        with pytest.raises(NoBaselineError):
            frozen_baseline(kept(), BaselineTerms(method=method), silent)


def test_it_is_the_same_after_it_was_kept() -> None:
    terms = BaselineTerms(holidays=(date(2026, 7, 10),), adjustment=Adjustment())
    found = frozen_baseline(kept(), terms, history(today=1.1))
    assert FROZEN.validate_json(FROZEN.dump_json(found)) == found
    assert date(2026, 7, 10) not in found.days


def test_what_the_plan_in_force_said_at_the_notice() -> None:
    given, slots = history(), event_slots(kept().event.start, kept().event.end)
    planned = pd.Series(np.arange(float(len(slots))), index=slots)
    terms = BaselineTerms(method="as_planned")
    found = frozen_baseline(kept(), terms, replace(given, planned_kw=planned))
    assert list(found.course) == list(planned) and list(found.course.index) == list(slots)
    with pytest.raises(NoBaselineError, match="ends before the event"):
        frozen_baseline(kept(), terms, replace(given, planned_kw=planned[:-1]))
    with pytest.raises(NoBaselineError, match="no plan was in force"):
        frozen_baseline(kept(), terms, given)
