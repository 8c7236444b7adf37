"""Time series of the closed loop from CSV files: `time` with its offset, one value a time, or several with `issued` times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from facility.errors import SignalError
from facility.records import FloatArray
from facility.signals.series_file import read_series_file

ISSUED = "issued"
LONGEST_GAP = timedelta(hours=6)  # neither weather nor a market turns round unseen within it; longer ones are refused


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """What a file says came true, and where it has issue times what was expected before.

    Attributes
    ----------
    truth
        One row a time, UTC; of several issues the last.
    issues
        All rows with their column `issued`; None where the file has no such column.
    """

    source: str
    truth: pd.DataFrame
    issues: pd.DataFrame | None = None

    def held(self, name: str, times: pd.DatetimeIndex) -> FloatArray:
        """Return values that hold from their row to the next."""
        self._check_cover(times)
        rows = self.truth.index.searchsorted(times, side="right") - 1
        return self.truth[name].to_numpy(dtype=float)[rows]

    def linear(self, name: str, times: pd.DatetimeIndex) -> FloatArray:
        """Return values between rows in proportion; the last one holds for its step."""
        self._check_cover(times)
        values = self.truth[name].to_numpy(dtype=float)
        return np.asarray(np.interp(_seconds(times), _seconds(self.truth.index), values))

    def known(self, name: str, issued: datetime, times: pd.DatetimeIndex, *, held: bool) -> FloatArray:
        """Return what had been said of each time by `issued`, the newest word; NaN where nothing had."""
        nothing = np.full(len(times), np.nan)
        if self.issues is None:
            return nothing
        said = self.issues[self.issues[ISSUED] <= pd.Timestamp(issued)].sort_values(ISSUED, kind="stable")
        newest = said[~said.index.duplicated(keep="last")].sort_index()
        if newest.empty:
            return nothing
        values = newest[name].to_numpy(dtype=float)
        at, rows = _seconds(times), _seconds(newest.index)
        before = np.searchsorted(rows, at, side="right") - 1
        near = (before >= 0) & (at - rows[before] < self._usual().total_seconds())
        return np.where(near, values[before] if held else np.interp(at, rows, values), np.nan)

    def _check_cover(self, times: pd.DatetimeIndex) -> None:
        index = self.truth.index
        if times[0] < index[0] or times[-1] >= index[-1] + self._usual():
            raise SignalError(
                f"{self.source}: holds {_minute(index[0])} to {_minute(index[-1])} UTC, needed from {_minute(times[0])} to "
                f"{_minute(times[-1])} (with the history before the start and the forecasts after the end); "
                "bring a longer file or ask for other days"
            )
        inside = index[max(index.searchsorted(times[0], side="right") - 1, 0) : index.searchsorted(times[-1]) + 1]
        gaps = inside.to_series().diff()
        if (gaps > LONGEST_GAP).any():
            after = pd.Timestamp(inside[int(gaps.argmax())])
            raise SignalError(
                f"{self.source}: nothing between {_minute(after - gaps.max())} and {_minute(after)} UTC; "
                f"gaps of up to {LONGEST_GAP / timedelta(hours=1):.0f} h are bridged, fill this one"
            )

    def _usual(self) -> pd.Timedelta:
        if len(self.truth) < 2:
            return pd.Timedelta(hours=1)
        return pd.Timedelta(self.truth.index.to_series().diff().median())


def columns_of(path: Path) -> list[str]:
    """Return the column names of a CSV file.

    Raises
    ------
    SignalError
        If it cannot be read.
    """
    try:
        return [str(name) for name in pd.read_csv(path, nrows=0).columns]
    except (OSError, ValueError) as error:  # ValueError covers pandas' parser and decoding errors
        raise SignalError(f"{path}: cannot be read: {error}") from error


def read_series(path: Path, columns: Sequence[str]) -> Series:
    """Read a file's columns, and its column `issued` where it has one.

    Raises
    ------
    SignalError
        If the file cannot be read, lacks a column or rows, holds a time without offset, a value that is no number, or one
        time twice; with file and line.
    """
    issued = [ISSUED] if ISSUED in columns_of(path) else []
    frame = read_series_file(path, columns, issued).dropna(subset=list(columns))
    if frame.empty:
        raise SignalError(f"{path}: holds no rows with values of {', '.join(columns)}")
    if issued:
        newest = frame.sort_values(ISSUED, kind="stable")
        return Series(str(path), newest[~newest.index.duplicated(keep="last")].sort_index()[list(columns)], frame)
    twice = frame.index[frame.index.duplicated()]
    if len(twice):
        raise SignalError(f"{path}: {_minute(twice[0])} UTC stands there twice; leave one, or add a column {ISSUED}")
    return Series(str(path), frame)


def check_range(series: Series, name: str, low: float, high: float, hint: str) -> None:
    """Refuse a series with values outside a range, saying where and what the unit is.

    Raises
    ------
    SignalError
        Naming the first such value.
    """
    frame = series.truth if series.issues is None else series.issues
    outside = frame[(frame[name] < low) | (frame[name] > high)]
    if not outside.empty:
        raise SignalError(
            f"{series.source}: {name} is {outside[name].iloc[0]:g} at {_minute(outside.index[0])} UTC, "
            f"outside {low:g}..{high:g}; {hint}"
        )


def _minute(time: pd.Timestamp) -> str:
    return f"{time:%Y-%m-%d %H:%M}"


def _seconds(times: pd.Index) -> FloatArray:
    return np.asarray((pd.DatetimeIndex(times) - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1), dtype=float)
