"""Which times a part of a tariff holds at, by the clock and the calendar on the site's wall."""

from __future__ import annotations

from datetime import date, time

import numpy as np
import numpy.typing as npt
import pandas as pd

from facility.site import Holidays, Hours

BoolArray = npt.NDArray[np.bool_]


def holds(hours: Hours, holidays: Holidays, local: pd.DatetimeIndex) -> BoolArray:
    """Tell of each local time whether it is in the season, on the kind of day, and within the hours."""
    minute = local.hour.to_numpy() * 60 + local.minute.to_numpy()
    start, end = _minute(hours.start), _minute(hours.end) or 24 * 60
    within = (minute >= start) & (minute < end) if start < end else (minute >= start) | (minute < end)
    return np.asarray(within & _in_season(hours, local) & _on_days(hours, holidays, local))


def _in_season(hours: Hours, local: pd.DatetimeIndex) -> BoolArray:
    day = local.month.to_numpy() * 100 + local.day.to_numpy()
    first, last = (int(text.replace("-", "")) for text in (hours.first_day, hours.last_day))
    return np.asarray((day >= first) & (day <= last) if first <= last else (day >= first) | (day <= last))


def _on_days(hours: Hours, holidays: Holidays, local: pd.DatetimeIndex) -> BoolArray:
    if hours.days == "all":
        return np.ones(len(local), dtype=bool)
    holiday = np.array([_is_holiday(moment.date(), holidays) for moment in local], dtype=bool)
    if hours.days == "holidays":
        return holiday
    free = holiday | (local.day_of_week.to_numpy() >= 5)
    return free if hours.days == "weekend" else ~free


def _is_holiday(day: date, holidays: Holidays) -> bool:
    return day in holidays.dates or f"{day:%m-%d}" in holidays.every_year


def _minute(moment: time) -> int:
    return moment.hour * 60 + moment.minute
