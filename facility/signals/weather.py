"""Outdoor conditions: what the site's station measured, and what is expected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from facility.errors import NotEnoughDataError, SignalError
from facility.points import Point
from facility.ports import Telemetry
from facility.records import FloatArray
from facility.signals.course import course_spread, day_course
from facility.signals.series_file import held_values, read_series_file
from facility.site import Weather

RELATIVE_HUMIDITY = "outdoor_relative_humidity_frac"
OUTDOOR = ("outdoor_temperature_degc", RELATIVE_HUMIDITY)
COURSE_DAYS = 7
LONGEST_GAP_H = 6.0  # interpolated over; the weather does not turn round unseen within it


def measured_course(telemetry: Telemetry, point: Point, issued: datetime, step: timedelta) -> pd.Series:
    """Return a gap-free series of the last days' measurements, ending with the step that holds `issued`.

    Raises
    ------
    NotEnoughDataError
        If there is no reading younger than `LONGEST_GAP_H`.
    """
    frame = telemetry.read([point.id], issued - timedelta(days=COURSE_DAYS), issued, step)
    series = frame[point.id].dropna()
    if series.empty or series.index[-1] < pd.Timestamp(issued) - pd.Timedelta(hours=LONGEST_GAP_H):
        raise NotEnoughDataError([f"no reading of {point.id} in the last {LONGEST_GAP_H:.0f} h"])
    regular = pd.date_range(series.index[0], pd.Timestamp(issued).floor(step), freq=step)
    filled = series.reindex(regular).interpolate(limit=round(timedelta(hours=LONGEST_GAP_H) / step)).ffill()
    broken = filled[filled.isna()]
    return filled if broken.empty else filled[broken.index[-1] :].iloc[1:]


def continued(
    series: pd.Series, times: pd.DatetimeIndex, step: timedelta
) -> tuple[FloatArray, Mapping[float, FloatArray]]:
    """Return values and quantiles at times that the series reaches or its day's course continues; quantiles need days."""
    ahead = max(1, round((times[-1] - series.index[-1]) / step))
    later = pd.date_range(series.index[-1] + step, periods=ahead, freq=step)
    step_h = step / timedelta(hours=1)
    course = day_course(series, ahead, step_h)

    def at_times(expected: FloatArray) -> FloatArray:
        whole = pd.concat([series, pd.Series(expected, index=later)])
        return np.asarray(whole.reindex(times), dtype=float)

    spread = course_spread(series, ahead, step_h)
    return at_times(course), {quantile: at_times(course + error) for quantile, error in spread.items()}


def file_forecast(
    weather: Weather, folder: Path, quantity: str, issued: datetime, times: pd.DatetimeIndex
) -> FloatArray:
    """Return the newest forecast in the site's file that was issued by `issued`: a backtest never sees a later one.

    Raises
    ------
    SignalError
        If the file is wrong, holds no such issue, or the issue ends before the last time.
    """
    assert weather.forecast_file is not None  # held by the schema
    path = folder / weather.forecast_file
    frame = read_series_file(path, [quantity], ["issued"])
    issued_by_then = frame[frame["issued"] <= pd.Timestamp(issued)]
    if issued_by_then.empty:
        raise SignalError(f"{path}: no forecast issued by {issued:%Y-%m-%d %H:%M} UTC")
    newest = issued_by_then["issued"].max()
    rows = issued_by_then[issued_by_then["issued"] == newest]
    return held_values(rows, quantity, times, f"{path} (issued {newest:%Y-%m-%d %H:%M} UTC)")


def within_physics(quantity: str, values: FloatArray) -> FloatArray:
    """Keep a forecast of relative humidity inside what air can hold."""
    return np.clip(values, 0.02, 1.0) if quantity == RELATIVE_HUMIDITY else values
