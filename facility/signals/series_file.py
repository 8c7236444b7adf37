"""A time series from a CSV file: a `time` column (with offset) and named value columns; each row holds until the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from facility.errors import SignalError
from facility.records import FloatArray


def read_series_file(path: Path, columns: Sequence[str], time_columns: Sequence[str] = ()) -> pd.DataFrame:
    """Read a CSV file into a frame indexed by UTC time, sorted, with the given float and further time columns.

    Raises
    ------
    SignalError
        If the file cannot be read, a column is missing, or a time has no offset.
    """
    try:
        frame = pd.read_csv(path)
    except (OSError, ValueError) as error:  # ValueError covers pandas' parser and decoding errors
        raise SignalError(f"{path}: cannot be read: {error}") from error
    missing = [name for name in ("time", *time_columns, *columns) if name not in frame.columns]
    if missing:
        raise SignalError(f"{path}: no column {', '.join(missing)}; it has {', '.join(map(str, frame.columns))}")
    values = pd.DataFrame({name: _numbers(path, frame[name]) for name in columns})
    for name in time_columns:
        values[name] = _utc_times(path, frame[name])
    return values.set_index(_utc_times(path, frame["time"])).sort_index()


def _numbers(path: Path, column: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    wrong = column[numbers.isna() & column.notna()]
    if not wrong.empty:
        raise SignalError(f"{path}:{wrong.index[0] + 2}: {column.name}: {wrong.iloc[0]!r} is no number")
    return numbers


def _utc_times(path: Path, column: pd.Series) -> pd.DatetimeIndex:
    times = []
    for row, text in enumerate(column, start=2):
        try:
            moment = datetime.fromisoformat(str(text))
        except ValueError as error:
            raise SignalError(
                f"{path}:{row}: {column.name}: {error}; expected ISO 8601 such as 2026-01-31T13:00+01:00"
            ) from error
        if moment.tzinfo is None:
            raise SignalError(f"{path}:{row}: {moment.isoformat()} has no offset from UTC; add one, such as +00:00")
        times.append(moment)
    return pd.DatetimeIndex(pd.to_datetime(times, utc=True), name="time")


def held_values(frame: pd.DataFrame, name: str, times: pd.DatetimeIndex, source: str) -> FloatArray:
    """Return the value in force at each time; the last row holds as long as the usual distance between rows.

    Raises
    ------
    SignalError
        If the series begins after the first time, ends before the last, or has no value there.
    """
    if frame.empty:
        raise SignalError(f"{source}: holds no rows")
    usual = frame.index.to_series().diff().median() if len(frame) > 1 else pd.Timedelta(hours=1)
    end = frame.index[-1] + usual
    if times[0] < frame.index[0]:
        raise SignalError(
            f"{source}: begins at {frame.index[0]:%Y-%m-%d %H:%M} UTC, needed from {times[0]:%Y-%m-%d %H:%M}"
        )
    if times[-1] >= end:
        raise SignalError(
            f"{source}: ends at {end:%Y-%m-%d %H:%M} UTC, needed until {times[-1]:%Y-%m-%d %H:%M}; "
            "bring a longer file or plan a shorter horizon"
        )
    values = frame[name].to_numpy(dtype=float)[frame.index.searchsorted(times, side="right") - 1]
    if not np.isfinite(values).all():
        raise SignalError(f"{source}: {name} has no value at {times[~np.isfinite(values)][0]:%Y-%m-%d %H:%M} UTC")
    return values


def step_times(start: datetime, steps: int, step: timedelta) -> pd.DatetimeIndex:
    """Return the starts of the steps, UTC.

    Raises
    ------
    SignalError
        If the start has no zone: on two nights a year nobody could tell which hour is meant.
    """
    if start.tzinfo is None:
        raise SignalError(f"time {start.isoformat()} has no offset from UTC; add one, such as +00:00")
    return pd.date_range(pd.Timestamp(start).tz_convert("UTC"), periods=steps, freq=step)
