"""Days like that of an event: which are taken for its baseline, and which are left out and why.

A weekday that is no holiday is compared with such days before it, any other day with other ones. Days of events are left out, and
so are days without all the readings. Slots are compared at the same time of the wall clock: on a day of 23 hours some slot may not
exist, and then that day is left out; where a slot exists twice, the mean of both is its value.

Sources
-------
California ISO, "Business Practice Manual for Demand Response", day matching: 10 weekdays, 4 weekend days or holidays; 45 and 90
days back. PG&E, capacity bidding and power saver programs: the 5 highest of 10 weekdays, the 3 highest of 5 other days.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class DayRule:
    """How many days are wanted, and how far back they are looked for."""

    weekdays: int = 10
    other_days: int = 4
    weekdays_back: int = 45
    other_days_back: int = 90


@dataclass(frozen=True, slots=True, eq=False)
class LikeDays:
    """The days taken, newest first, each with its mean power in every slot; and the days left out, with why.

    Attributes
    ----------
    days
        The calendar days.
    power_kw
        One row a day, one column a slot.
    wanted
        How many were to be found.
    left_out
        Days of the same kind that were not taken.
    """

    days: tuple[date, ...]
    power_kw: FloatArray
    wanted: int
    left_out: Mapping[date, str]


def is_working_day(day: date, holidays: Collection[date]) -> bool:
    """Tell whether a day is a weekday and no holiday."""
    return day.weekday() < _SATURDAY and day not in holidays


def like_days(
    power_kw: pd.Series,
    slots: pd.DatetimeIndex,
    zone: tzinfo,
    *,
    known_at: datetime,
    event_days: Collection[date],
    holidays: Collection[date],
    rule: DayRule,
) -> LikeDays:
    """Return the days like that of the first slot, before it and before what is known.

    Parameters
    ----------
    power_kw
        Mean power in kW by the beginnings of its steps (aware), NaN where nothing was measured; its steps are those of the slots.
    slots
        Beginnings of the event's steps, aware.
    known_at
        Readings from here on are not used: the baseline is frozen then.
    """
    known = power_kw[power_kw.index < pd.Timestamp(known_at)].dropna()
    local = pd.DatetimeIndex(known.index).tz_convert(zone)
    by_slot = known.groupby([local.date, local.time]).mean()  # of an hour that a day has twice, the mean
    by_clock = {key: float(value) for key, value in by_slot.items()}
    own = slots.tz_convert(zone)
    first = own[0].date()
    working = is_working_day(first, holidays)
    wanted, back = (rule.weekdays, rule.weekdays_back) if working else (rule.other_days, rule.other_days_back)
    taken: dict[date, FloatArray] = {}
    left_out: dict[date, str] = {}
    for days_ago in range(1, back + 1):
        day = first - timedelta(days=days_ago)
        if len(taken) == wanted or is_working_day(day, holidays) is not working:
            continue
        if day in event_days:
            left_out[day] = "an event"
            continue
        values = _at_clock_times(by_clock, own, day)
        if values is None:
            left_out[day] = "readings are missing"
        else:
            taken[day] = values
    stacked = np.vstack(list(taken.values())) if taken else np.empty((0, len(slots)))
    return LikeDays(tuple(taken), stacked, wanted, left_out)


def _at_clock_times(by_clock: Mapping[Any, float], own: pd.DatetimeIndex, day: date) -> FloatArray | None:
    """Return the power of a day (and those after it, for slots after midnight) at the slots' times of the wall clock."""
    first = own[0].date()
    values = [by_clock.get((day + (slot.date() - first), slot.time())) for slot in own]
    known = [value for value in values if value is not None]
    return np.array(known) if len(known) == len(own) else None
