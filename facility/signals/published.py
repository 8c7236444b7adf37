"""What a provider had published by a time, out of the archive where every issue is kept as it was fetched.

Its time of issue there is when we had it: nothing that was published later can be seen from before, in a backtest too.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.errors import SignalError
from facility.ports import ForecastArchive
from facility.records import FloatArray, Forecast
from facility.site import AnySource

_DAY = pd.Timedelta(days=1)
_ISSUED = ", issued "


def archive_name(quantity: str) -> str:
    """Return under which name the archive keeps what is fetched; a plan's own forecasts stand under the quantity's."""
    return f"fetched.{quantity}"


def as_kept(quantity: str, series: pd.Series, name: str, issued: datetime | None, fetched: datetime) -> Forecast:
    """Return an issue as the archive keeps it."""
    source = name if issued is None else f"{name}{_ISSUED}{issued:%Y-%m-%dT%H:%M:%S%z}"
    times = list(pd.DatetimeIndex(series.index).to_pydatetime())
    return Forecast(archive_name(quantity), fetched, times, series.to_numpy(float), source)


def last_issue(archive: ForecastArchive, quantity: str, name: str, at: datetime) -> Forecast | None:
    """Return the newest issue that was fetched by a time; None where there is none of this provider."""
    kept = archive.as_of(archive_name(quantity), at)
    return kept if kept is not None and kept.source.partition(_ISSUED)[0] == name else None


def published(
    archive: ForecastArchive | None, quantity: str, source: AnySource, at: datetime, times: pd.DatetimeIndex
) -> Forecast:
    """Return what was published by a time, at some times; it has a note where a day before had to stand in for a part of it.

    Raises
    ------
    SignalError
        If nothing was fetched, the last issue is older than the source allows, or it does not reach.
    """
    name = source.label
    kept = None if archive is None else last_issue(archive, quantity, name, at)
    if kept is None:
        raise SignalError(f"{name}: nothing fetched yet")
    age = at - kept.issued
    if age > timedelta(hours=source.oldest_h):
        raise SignalError(
            f"{name}: its last issue is {age / timedelta(hours=1):.0f} h old, allowed are {source.oldest_h:g}"
        )
    values = values_at(kept, times)
    missing = ~np.isfinite(values)
    values[missing] = _on_a_day_before(kept, times[missing])
    if not np.isfinite(values).all():
        first = times[~np.isfinite(values)][0]
        raise SignalError(f"{name}: its last issue has no value at {first:%Y-%m-%d %H:%M} UTC, nor on a day before")
    note = ""
    if missing.any():
        begins = f"{times[missing][0]:%Y-%m-%d %H:%M} UTC"
        note = f"{quantity}: {name} has no value at {begins} and {missing.sum() - 1} more steps; there as a day before"
    return Forecast(quantity, at, list(times.to_pydatetime()), values, kept.source, note=note)


def _on_a_day_before(kept: Forecast, times: pd.DatetimeIndex) -> FloatArray:
    """Return the value at the same hour of the last day that has one; NaN where no day of the issue has.

    Until noon a day-ahead market ends with the day: a plan of 48 hours then looks further beyond its end than a day.
    """
    values, earlier = np.full(len(times), np.nan), times - _DAY
    while not np.isfinite(values).all() and earlier[-1] >= kept.times[0]:
        values = np.where(np.isfinite(values), values, values_at(kept, earlier))
        earlier = earlier - _DAY
    return values


def turned_out(archive: ForecastArchive, quantity: str, name: str, times: pd.DatetimeIndex) -> FloatArray:
    """Return the last value that was published for each time, by the issues kept since a day before; NaN where there is none."""
    values = np.full(len(times), np.nan)
    start, end = (times[0] - _DAY).to_pydatetime(), (times[-1] + 2 * _DAY).to_pydatetime()
    for kept in archive.issued(archive_name(quantity), start, end):
        if kept.source.partition(_ISSUED)[0] == name:
            newer = values_at(kept, times)
            values = np.where(np.isfinite(newer), newer, values)
    return values


def values_at(kept: Forecast, times: pd.DatetimeIndex) -> FloatArray:
    """Return the value in force at each time; NaN before the first, after the last step, and in gaps."""
    begins = pd.DatetimeIndex(list(kept.times))
    step = begins[1] - begins[0] if len(begins) > 1 else pd.Timedelta(hours=1)
    position = begins.searchsorted(times, side="right") - 1
    inside = (position >= 0) & (times < begins[-1] + step)
    return np.where(inside, kept.values[np.maximum(position, 0)], np.nan)
