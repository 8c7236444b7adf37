"""The baseline of an event as it was frozen at notice: from the meter of the days before, by the method of its program."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from facility.errors import FacilityError
from facility.respond.event_state import KeptEvent
from facility.respond.settings import BaselineTerms
from models.demand_response.day_matching import Ratio, TooFewDaysError, day_ratio, highest_of_days, mean_of_days, window
from models.demand_response.like_days import DayRule, FloatArray, LikeDays, is_working_day, like_days
from models.demand_response.weather_regression import fit_weather

STEP = timedelta(minutes=5)
LONGEST_BACK = timedelta(days=93)
TEN_OF_TEN, HIGH_FIVE_OF_TEN = DayRule(10, 4), DayRule(10, 5)
_HIGHEST_WORKING, _HIGHEST_OTHER = 5, 3
_BEFORE = timedelta(hours=1)  # of the method that compares with the meter before


class NoBaselineError(FacilityError):
    """A baseline cannot be told; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class FrozenBaseline:
    """What the site would have drawn, one value a step of five minutes from `start`, with how that was found.

    Attributes
    ----------
    days, left_out
        The days that it was found from; days of the same kind that were left out, with why.
    factor, uncapped
        What it was multiplied by for the day itself, and what that would be without its cap.
    """

    method: str
    known_at: datetime
    start: datetime
    kw: tuple[float, ...]
    days: tuple[date, ...] = ()
    left_out: Mapping[date, str] | None = None
    factor: float = 1.0
    uncapped: float = 1.0
    notes: tuple[str, ...] = ()

    @property
    def course(self) -> pd.Series:
        """Return it by the beginnings of its steps."""
        index = pd.date_range(pd.Timestamp(self.start), periods=len(self.kw), freq=STEP)
        return pd.Series(self.kw, index=index, dtype=float)


FROZEN = TypeAdapter(FrozenBaseline)


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What a baseline is made from: the meter, and the outdoor temperature, both as means over steps of `STEP`."""

    meter_kw: pd.Series
    outdoor_degc: pd.Series
    event_days: Collection[date]
    zone: tzinfo
    planned_kw: pd.Series | None = None  # what the plan in force at the notice has the site draw, by steps of `STEP`


def event_slots(start: datetime, end: datetime) -> pd.DatetimeIndex:
    """Return the beginnings of the steps that an event touches."""
    return pd.date_range(pd.Timestamp(start).floor(STEP), pd.Timestamp(end).ceil(STEP), freq=STEP, inclusive="left")


def frozen_baseline(kept: KeptEvent, terms: BaselineTerms, history: History) -> FrozenBaseline:
    """Return the baseline of an event; nothing that was measured after its notice is used.

    Raises
    ------
    NoBaselineError
        If it cannot be told.
    """
    slots = event_slots(kept.event.start, kept.event.end)
    try:
        if terms.method == "meter_before":
            return _meter_before(kept, slots, history)
        if terms.method == "as_planned":
            return _as_planned(kept, slots, history)
        if terms.method == "weather_regression":
            return _weather(kept, slots, terms, history)
        return _days(kept, slots, terms, history)
    except TooFewDaysError as error:
        raise NoBaselineError(str(error)) from error


def _days(kept: KeptEvent, slots: pd.DatetimeIndex, terms: BaselineTerms, history: History) -> FrozenBaseline:
    found = _like(kept, slots, terms, history)
    if terms.method == "high_five_of_ten":
        working = is_working_day(slots[0].tz_convert(history.zone).date(), terms.holidays)
        chosen = highest_of_days(found, _HIGHEST_WORKING if working else _HIGHEST_OTHER)
        days = tuple(found.days[row] for row in chosen)
        values = found.power_kw[chosen].mean(axis=0)
    else:
        days, values = found.days, mean_of_days(found)
    ratio = _ratio(kept, days, terms, history)
    return FrozenBaseline(
        method=terms.method,
        known_at=kept.noticed,
        start=slots[0].to_pydatetime(),
        kw=tuple(float(one) for one in values * ratio.factor),
        days=days,
        left_out=dict(found.left_out),
        factor=ratio.factor,
        uncapped=ratio.uncapped,
        notes=(ratio.why,) if ratio.why else (),
    )


def _like(kept: KeptEvent, slots: pd.DatetimeIndex, terms: BaselineTerms, history: History) -> LikeDays:
    return like_days(
        history.meter_kw,
        slots,
        history.zone,
        known_at=kept.noticed,
        event_days=history.event_days,
        holidays=terms.holidays,
        rule=HIGH_FIVE_OF_TEN if terms.method == "high_five_of_ten" else TEN_OF_TEN,
    )


def _ratio(kept: KeptEvent, days: tuple[date, ...], terms: BaselineTerms, history: History) -> Ratio:
    """Return the adjustment to the day. A notice of the day before leaves none: what follows it may be changed for the event."""
    wanted = terms.adjustment
    if wanted is None:
        return Ratio(1.0, 1.0)
    ends = min(kept.event.start - timedelta(hours=wanted.ends_before_h), kept.noticed)
    asked = window(pd.Timestamp(ends), wanted.hours, pd.Timedelta(STEP))
    zone = history.zone
    if asked[0].tz_convert(zone).date() != kept.event.start.astimezone(zone).date():
        return Ratio(1.0, 1.0, "not adjusted to the day: the notice came before its hours")
    usual = [_usual(history.meter_kw, asked, zone, day) for day in days]
    if any(one is None for one in usual):
        return Ratio(1.0, 1.0, "not adjusted to the day: readings of the days compared are missing")
    return day_ratio(
        history.meter_kw.reindex(asked).to_numpy(),
        np.vstack([one for one in usual if one is not None]).mean(axis=0),
        wanted.most_frac,
    )


def _usual(meter_kw: pd.Series, asked: pd.DatetimeIndex, zone: tzinfo, day: date) -> FloatArray | None:
    off = day - asked[0].tz_convert(zone).date()
    there = (asked.tz_convert(zone).tz_localize(None) + off).tz_localize(zone, ambiguous=True, nonexistent="NaT")
    values = meter_kw.reindex(there.tz_convert("UTC")).to_numpy()
    return None if np.isnan(values).any() else values


def _weather(kept: KeptEvent, slots: pd.DatetimeIndex, terms: BaselineTerms, history: History) -> FrozenBaseline:
    found = _like(kept, slots[:1], terms, history)  # one slot: gaps elsewhere in a day do not matter here
    times = pd.DatetimeIndex(history.meter_kw.index)
    local = times.tz_convert(history.zone)
    known = np.isin(np.asarray(local.date), np.asarray(found.days, dtype=object)) & (times < pd.Timestamp(kept.noticed))
    outdoor_then = history.outdoor_degc.reindex(times).to_numpy(dtype=float)
    kw = history.meter_kw.to_numpy(dtype=float)
    known &= ~np.isnan(kw) & ~np.isnan(outdoor_then)
    try:
        fit = fit_weather(local.hour.to_numpy(dtype=np.int64)[known], outdoor_then[known], kw[known])
    except ValueError as error:
        raise NoBaselineError(f"no regression on the weather: {error}") from error
    outdoor = history.outdoor_degc.reindex(slots).to_numpy()
    values = fit.power_kw(slots.tz_convert(history.zone).hour.to_numpy(dtype=np.int64), outdoor)
    if np.isnan(values).any():
        raise NoBaselineError(
            "no regression on the weather: the temperature of the event, or an hour of the days before, is missing"
        )
    notes = ("the event is colder or warmer than the days compared",) if fit.stretched(outdoor) else ()
    return FrozenBaseline(
        terms.method, kept.noticed, slots[0].to_pydatetime(), tuple(float(one) for one in values), found.days,
        dict(found.left_out), notes=notes,
    )  # fmt: skip


def _meter_before(kept: KeptEvent, slots: pd.DatetimeIndex, history: History) -> FrozenBaseline:
    ends = pd.Timestamp(min(kept.event.start, kept.noticed))
    before = history.meter_kw.reindex(window(ends, _BEFORE / timedelta(hours=1), pd.Timedelta(STEP)))
    if before.isna().any():
        raise NoBaselineError("readings of the hour before the notice are missing")
    level = float(before.mean())
    return FrozenBaseline("meter_before", kept.noticed, slots[0].to_pydatetime(), (level,) * len(slots))


def _as_planned(kept: KeptEvent, slots: pd.DatetimeIndex, history: History) -> FrozenBaseline:
    if history.planned_kw is None:
        raise NoBaselineError("no plan was in force at the notice, or this is not asked by who plans")
    values = history.planned_kw.reindex(slots)
    if values.isna().any():
        raise NoBaselineError("the plan in force at the notice ends before the event does")
    kw = tuple(float(one) for one in values)
    return FrozenBaseline("as_planned", kept.noticed, slots[0].to_pydatetime(), kw)
