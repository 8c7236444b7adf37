"""PUE of the coming days by the course of the past ones: it needs the meters alone, and soon follows a plant that was rebuilt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from facility.errors import NotEnoughDataError
from facility.learn.overhead_days import read_overhead_days
from facility.ports import Telemetry
from facility.records import Interval
from facility.site_file import LoadedSite
from models.overhead.calendar import slot_of_week
from models.overhead.course import Known
from models.overhead.forecaster import OverheadForecaster
from models.overhead.ratio import RatioForecaster, new_ratio_forecaster
from models.overhead.replay import replay
from models.overhead.rows import OverheadRows

LOOK_BACK = timedelta(days=3 * 366)
DAYS = 3
LEAST_DAYS = 14
RECORD_DAYS = 90
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Record:
    """How forecasts of the newest days fared: their number, mean absolute errors [-], and the share that the interval held."""

    days: int
    error: float
    persistence_error: float
    coverage_frac: float


@dataclass(frozen=True, slots=True)
class DayAhead:
    """A coming day: its IT power [kW], its PUE, and how such forecasts have fared."""

    day: date
    it_kw: float
    pue: Interval
    record: Record


@dataclass(frozen=True, slots=True)
class Stepped:
    """What was at another level since a day and stayed there, the day it was found on, and by what share."""

    what: str
    since: date
    found: date
    frac: float


@dataclass(frozen=True, slots=True)
class DaysAhead:
    """The coming days, the newest day that is known, how many were, and when overhead or IT power stepped, by the meters alone."""

    days: tuple[DayAhead, ...]
    newest: date
    known_days: int
    steps: tuple[Stepped, ...]


def predict_days(loaded: LoadedSite, telemetry: Telemetry, at: datetime) -> DaysAhead:
    """Return the days that follow the newest whole one.

    Raises
    ------
    NotEnoughDataError
        If the main meter is not read, or less than two weeks of days are known nearly whole.
    """
    midnight = pd.Timestamp(at).tz_convert(loaded.site.zone).normalize()
    rows = read_overhead_days(loaded, telemetry, (midnight - LOOK_BACK).to_pydatetime(), midnight.to_pydatetime())
    if len(rows.times) < LEAST_DAYS:
        raise NotEnoughDataError(
            [f"{LEAST_DAYS} days known nearly whole: {len(rows.times)} are there", *rows.left_out()]
        )
    learned = [_learned(rows, ahead) for ahead in range(1, DAYS + 1)]
    return DaysAhead(
        tuple(_day(rows, forecaster, past) for forecaster, past in learned),
        rows.times[-1].date(),
        len(rows.times),
        tuple(_steps(learned[0][0].overhead, loaded.site.zone)),
    )


def _learned(rows: OverheadRows, ahead: int) -> tuple[RatioForecaster, pd.DataFrame]:
    """Return a forecaster that went through the days, and what it said of each of them."""
    forecaster = new_ratio_forecaster(_DAY_S, rows.parts_kw.shape[1], ahead=ahead)
    return forecaster, replay(forecaster, rows)


def _day(rows: OverheadRows, forecaster: RatioForecaster, past: pd.DataFrame) -> DayAhead:
    time = rows.times[-1] + pd.DateOffset(days=forecaster.ahead)
    known = Known(time.timestamp(), slot_of_week(time, _DAY_S), float("nan"), np.zeros(0), float("nan"))
    said = forecaster.predict(known)
    return DayAhead(
        time.date(), said.it_kw, Interval(said.mean, said.low, said.high), _record(rows, forecaster.ahead, past)
    )


def _steps(forecaster: OverheadForecaster, zone: ZoneInfo) -> Iterator[Stepped]:
    for what, changes in (("the overhead", forecaster.changes), ("IT power", forecaster.it_changes)):
        for change in changes:
            since, found = (datetime.fromtimestamp(time_s, zone).date() for time_s in (change.at_s, change.found_at_s))
            yield Stepped(what, since, found, change.size_frac)


def _record(rows: OverheadRows, ahead: int, past: pd.DataFrame) -> Record:
    ratio = 1.0 + pd.Series(rows.overhead_kw / rows.it_kw, rows.times)
    told = past.dropna().tail(RECORD_DAYS)
    measured, before = ratio[told.index], ratio.shift(ahead)[told.index]
    held = measured.between(told["low"], told["high"])
    return Record(
        len(told),
        float((told["mean"] - measured).abs().mean()),
        float((before - measured).abs().mean()),
        float(held.mean()),
    )
