"""Baselines against days reckoned by hand: which days count, what the highest are, what the adjustment does, and clock changes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from models.demand_response.day_matching import TooFewDaysError, day_ratio, highest_of_days, mean_of_days, window
from models.demand_response.like_days import DayRule, LikeDays, like_days
from models.demand_response.settlement import settle
from models.demand_response.weather_regression import fit_weather

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


def course(first: date, days: int, zone: ZoneInfo = BERLIN) -> pd.Series:
    """Power of each hour: the day's number in the year, and a hundredth of the hour of the clock."""
    start, end = (pd.Timestamp(day, tz=zone) for day in (first, first + timedelta(days=days)))
    times = pd.date_range(start, end, freq="h", inclusive="left")
    return pd.Series(times.day_of_year + times.hour / 100.0, index=times.tz_convert("UTC"))


def slots(day: date, first: int, hours: int, zone: ZoneInfo = BERLIN) -> pd.DatetimeIndex:
    start = pd.Timestamp(datetime(day.year, day.month, day.day, first, tzinfo=zone)).tz_convert("UTC")
    return pd.date_range(start, periods=hours, freq="h")


def found(power: pd.Series, event: pd.DatetimeIndex, **more: object) -> LikeDays:
    given: dict[str, object] = {
        "known_at": event[0].to_pydatetime(),
        "event_days": (),
        "holidays": (),
        "rule": DayRule(),
    }
    return like_days(power, event, BERLIN, **(given | more))  # type: ignore[arg-type]


TUESDAY = date(2026, 7, 14)
JUNE = course(date(2026, 6, 1), 60)


def test_a_weekday_is_compared_with_the_ten_weekdays_before_it() -> None:
    days = found(JUNE, slots(TUESDAY, 14, 2))
    assert days.days == (
        date(2026, 7, 13), date(2026, 7, 10), date(2026, 7, 9), date(2026, 7, 8), date(2026, 7, 7), date(2026, 7, 6),
        date(2026, 7, 3), date(2026, 7, 2), date(2026, 7, 1), date(2026, 6, 30),
    )  # fmt: skip
    numbers = [194, 191, 190, 189, 188, 187, 184, 183, 182, 181]
    assert mean_of_days(days) == pytest.approx([np.mean(numbers) + 0.14, np.mean(numbers) + 0.15])
    highest = highest_of_days(days, 5)
    assert days.power_kw[highest].mean(axis=0) == pytest.approx(
        [np.mean(numbers[:5]) + 0.14, np.mean(numbers[:5]) + 0.15]
    )


def test_a_weekend_is_compared_with_weekends_and_holidays() -> None:
    days = found(JUNE, slots(date(2026, 7, 18), 14, 1), holidays={date(2026, 7, 16)})
    assert days.days == (date(2026, 7, 16), date(2026, 7, 12), date(2026, 7, 11), date(2026, 7, 5))
    on_a_holiday = found(JUNE, slots(date(2026, 7, 16), 14, 1), holidays={date(2026, 7, 16)})
    assert on_a_holiday.days[0] == date(2026, 7, 12)


def test_days_of_events_holidays_and_days_with_gaps_are_left_out_and_told() -> None:
    power = JUNE.copy()
    power[power.index == pd.Timestamp("2026-07-08T12:00Z")] = np.nan  # 14:00 in Berlin
    power[power.index == pd.Timestamp("2026-07-07T04:00Z")] = np.nan  # not in the event's hours
    days = found(power, slots(TUESDAY, 14, 2), event_days={date(2026, 7, 10)}, holidays={date(2026, 7, 9)})
    assert days.left_out == {date(2026, 7, 10): "an event", date(2026, 7, 8): "readings are missing"}
    assert len(days.days) == 10 and days.days[:2] == (date(2026, 7, 13), date(2026, 7, 7))
    assert not {date(2026, 7, 9), date(2026, 7, 8)} & set(days.days)


def test_nothing_after_the_notice_is_used() -> None:
    noticed = datetime(2026, 7, 13, 14, 30, tzinfo=BERLIN)
    days = found(JUNE, slots(TUESDAY, 14, 2), known_at=noticed)
    assert days.days[0] == date(2026, 7, 10) and days.left_out == {date(2026, 7, 13): "readings are missing"}
    changed = JUNE.copy()
    changed[changed.index >= pd.Timestamp(noticed)] = 1e6
    assert found(changed, slots(TUESDAY, 14, 2), known_at=noticed).power_kw.tolist() == days.power_kw.tolist()


def test_an_event_over_midnight_takes_the_next_day_too() -> None:
    days = found(JUNE, slots(TUESDAY, 23, 2), known_at=slots(date(2026, 7, 13), 12, 1)[0])
    assert days.days[0] == date(2026, 7, 10)  # the night from the 13th ends after the notice
    assert days.power_kw[0] == pytest.approx([191.23, 192.0])


def test_a_day_of_23_hours_has_no_such_slot_and_one_of_25_has_it_twice() -> None:
    spring = course(date(2026, 3, 1), 40)  # the clock leaps on Sunday 29 March, from 2 to 3
    sunday = found(spring, slots(date(2026, 4, 5), 2, 1))
    assert sunday.left_out == {date(2026, 3, 29): "readings are missing"}
    assert found(spring, slots(date(2026, 4, 5), 3, 1)).days[1] == date(2026, 3, 29)
    autumn = course(date(2026, 10, 1), 40)  # and back on Sunday 25 October, from 3 to 2
    autumn[autumn.index == pd.Timestamp("2026-10-25T00:00Z")] = 100.0  # the first time that it is 2
    autumn[autumn.index == pd.Timestamp("2026-10-25T01:00Z")] = 200.0  # and the second
    back = found(autumn, slots(date(2026, 10, 31), 2, 1))
    assert back.power_kw[back.days.index(date(2026, 10, 25))] == pytest.approx([150.0])


def test_on_the_day_of_25_hours_both_slots_are_compared_with_the_one_of_other_days() -> None:
    autumn = course(date(2026, 10, 1), 40)
    twice = pd.DatetimeIndex(["2026-10-25T00:00Z", "2026-10-25T01:00Z"])
    assert np.ptp(found(autumn, twice).power_kw, axis=1) == pytest.approx(0.0)


def test_too_few_days_are_refused_and_say_why() -> None:
    days = found(JUNE["2026-07-10":], slots(TUESDAY, 14, 2), event_days={date(2026, 7, 10)})
    with pytest.raises(TooFewDaysError, match=r"1 like days of 10 .*2026-07-10: an event"):
        mean_of_days(days)


def test_the_adjustment_is_a_ratio_within_its_cap() -> None:
    usual = np.array([100.0, 200.0])
    assert day_ratio(np.array([120.0, 210.0]), usual, 0.2).factor == pytest.approx(1.1)
    capped = day_ratio(np.array([300.0, 300.0]), usual, 0.2)
    assert (capped.factor, capped.uncapped) == pytest.approx((1.2, 2.0))
    assert day_ratio(np.array([30.0, 30.0]), usual, 0.2).factor == pytest.approx(0.8)
    assert day_ratio(np.array([np.nan, 30.0]), usual, 0.2).why
    assert day_ratio(np.array([1.0]), np.array([0.0]), 0.2).why
    ends = pd.Timestamp("2026-07-14T11:07Z")
    assert list(window(ends, 0.5, pd.Timedelta("15min"))) == [
        ends.floor("15min") - pd.Timedelta(minutes=left) for left in (30, 15)
    ]


def test_the_weather_is_found_again_and_its_limits_are_told() -> None:
    rng = np.random.default_rng(8)
    hour = np.tile(np.arange(8, 20), 20)
    outdoor = rng.uniform(10.0, 30.0, len(hour))
    middle = float(np.median(outdoor))
    power = 500.0 + 3.0 * hour + 2.0 * (outdoor - middle) + 6.0 * np.maximum(outdoor - middle, 0.0)
    fit = fit_weather(hour, outdoor, power)
    assert (fit.per_k, fit.per_k_above, fit.spread_kw) == pytest.approx((2.0, 6.0, 0.0), abs=1e-6)
    warm = np.array([middle + 5.0])
    assert fit.power_kw(np.array([14]), warm) == pytest.approx([500.0 + 42.0 + 10.0 + 30.0])
    assert np.isnan(fit.power_kw(np.array([3]), warm)[0])  # an hour that was never seen
    assert fit.stretched(np.array([31.0])) and not fit.stretched(warm)
    with pytest.raises(ValueError, match="no hour"):
        fit_weather(np.array([1, 2]), np.array([20.0, 21.0]), np.array([1.0, 2.0]))


def test_a_settlement_reckoned_by_hand() -> None:
    # 100 kW for two hours, the last step only half; 120 and 80 kW delivered, one step not measured, one drew more than usual.
    delivered = np.array([120.0, 80.0, np.nan, -10.0, 100.0])
    hours = np.array([0.5, 0.5, 0.5, 0.25, 0.25])
    found = settle(delivered, np.full(5, 100.0), hours, payment_per_kwh=0.5, penalty_per_kwh=2.0)
    assert found.committed_kwh == pytest.approx(150.0)  # 1.5 h measured
    assert found.credited_kwh == pytest.approx(50.0 + 40.0 + 0.0 + 25.0)
    assert (found.short_kwh, found.over_kwh, found.missing_h) == pytest.approx((35.0, 10.0, 0.5))
    assert found.performance == pytest.approx(115.0 / 150.0)
    assert (found.payment, found.penalty) == pytest.approx((57.5, 70.0))
