"""Outdoor air for the closed loop from a file: a typical year (EPW), or a dated series (CSV)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from facility.errors import SignalError
from facility.records import FloatArray
from models.psychrometrics import dew_point_degc, relative_humidity_from_wet_bulb_frac
from tools.closed_loop.epw import TypicalYear, read_epw
from tools.closed_loop.series import Series, check_range, columns_of, read_series

DRY_BULB, DEW_POINT = "dry_bulb_degc", "dew_point_degc"
HUMIDITY, WET_BULB = "relative_humidity_pct", "wet_bulb_degc"
EARTH_DEGC = (-70.0, 60.0)


@dataclass(frozen=True, slots=True, eq=False)
class Outdoors:
    """Dry bulb and dew point at the times asked for."""

    dry_bulb_degc: FloatArray
    dew_point_degc: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class WeatherSeries:
    """Weather of a file; either a typical year that serves any date, or a series of dates.

    Attributes
    ----------
    series
        Columns `dry_bulb_degc` and `dew_point_degc`, with archived forecasts where the file has issue times; None for a
        typical year.
    """

    source: str
    year: TypicalYear | None = None
    series: Series | None = None
    notes: tuple[str, ...] = field(default=())

    def at(self, times: pd.DatetimeIndex, zone: ZoneInfo) -> Outdoors:
        """Return the air at times; a typical year's hours are hours of the standard time of `zone`, the site's.

        Raises
        ------
        SignalError
            If a dated series does not cover the times.
        """
        if self.year is not None:
            return Outdoors(*self.year.at(times.tz_convert("UTC") + standard_offset(times[0], zone)))
        assert self.series is not None  # one of the two is given
        dry, dew = (self.series.linear(name, times) for name in (DRY_BULB, DEW_POINT))
        return Outdoors(dry, np.minimum(dew, dry))


def read_weather(path: Path, altitude_m: float = 0.0) -> WeatherSeries:
    """Read an EPW file (by its ending) or a CSV file with `time`, `dry_bulb_degc` and a humidity.

    Parameters
    ----------
    path
        A CSV file has `relative_humidity_pct` or `wet_bulb_degc`, and may have `issued` (see `docs/closed_loop.md`).
    altitude_m
        Of the site; needed where humidity is given as wet bulb.

    Raises
    ------
    SignalError
        With file, line and what to do.
    """
    if path.suffix.lower() == ".epw":
        year = read_epw(path)
        return WeatherSeries(str(path), year=year, notes=_typical_notes(path, year))
    humidity = _humidity_column(path)
    series = read_series(path, [DRY_BULB, humidity])
    check_range(series, DRY_BULB, *EARTH_DEGC, "is the unit degC?")
    if humidity == HUMIDITY:
        check_range(series, HUMIDITY, 0.0, 102.0, "is the unit per cent?")
        if series.truth[HUMIDITY].max() <= 1.0:
            raise SignalError(f"{path}: {HUMIDITY} is never above 1; it is in per cent, 0 to 100")
    return WeatherSeries(str(path), series=_with_dew_point(series, humidity, altitude_m))


def standard_offset(time: pd.Timestamp, zone: ZoneInfo) -> timedelta:
    """Return a zone's offset from UTC without summer time."""
    local = time.to_pydatetime().astimezone(zone)
    return (local.utcoffset() or timedelta()) - (local.dst() or timedelta())


def _humidity_column(path: Path) -> str:
    given = [name for name in (HUMIDITY, WET_BULB) if name in columns_of(path)]
    if len(given) != 1:
        has = "has both" if given else "has neither"
        raise SignalError(f"{path}: needs one of the columns {HUMIDITY} and {WET_BULB}; it {has}")
    return given[0]


def _with_dew_point(series: Series, humidity: str, altitude_m: float) -> Series:
    truth, issues = series.truth, series.issues
    return Series(
        series.source,
        truth.assign(**{DEW_POINT: _dew_point(truth, humidity, altitude_m)}),
        None if issues is None else issues.assign(**{DEW_POINT: _dew_point(issues, humidity, altitude_m)}),
    )


def _dew_point(frame: pd.DataFrame, humidity: str, altitude_m: float) -> FloatArray:
    if humidity == HUMIDITY:
        return dew_point_degc(frame[DRY_BULB], frame[HUMIDITY] / 100.0)
    return dew_point_degc(
        frame[DRY_BULB], relative_humidity_from_wet_bulb_frac(frame[DRY_BULB], frame[WET_BULB], altitude_m)
    )


def _typical_notes(path: Path, year: TypicalYear) -> tuple[str, ...]:
    hours = year.offset / timedelta(hours=1)
    notes = [
        f"{path.name} ({year.place}, UTC{hours:+g} h) is taken by calendar: month, day and hour of the site's standard time"
        " whatever the year; 29 February is like the 28th"
    ]
    if year.filled:
        notes.append(f"{path.name}: {year.filled} hours without values are interpolated")
    return tuple(notes)
