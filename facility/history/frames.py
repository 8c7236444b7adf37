"""Rows into DataFrames: one column a point, as read or as means over steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from facility.history.rows import Rows, concat
from facility.records import FloatArray, Quality


def time_index(time_us: npt.NDArray[np.int64]) -> pd.DatetimeIndex:
    """Return microseconds since the epoch as a UTC index named `time`."""
    return pd.DatetimeIndex(time_us.view("M8[us]"), name="time").tz_localize("UTC")


def good(rows: Rows) -> Rows:
    """Return the rows that may be trusted: good quality and a finite value."""
    return rows.take((rows.quality == Quality.GOOD) & np.isfinite(rows.value))


def columns_of(rows: Rows, points: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return for each row the position of its point in `points`."""
    position = {point: column for column, point in enumerate(points)}
    columns = np.array([position.get(point, -1) for point in rows.points], np.int64)
    return columns[rows.code] if len(rows) else np.empty(0, np.int64)


def as_read(parts: Iterable[Rows], points: Sequence[str]) -> pd.DataFrame:
    """Return one row a distinct time, NaN where a point has no good reading at it; the parts follow one another in time."""
    frames = [_wide(good(part), points) for part in parts]
    times = np.concatenate([np.empty(0, np.int64), *(times for times, _ in frames)])
    values = np.concatenate([np.empty((0, len(points))), *(values for _, values in frames)])
    return pd.DataFrame(values, index=time_index(times), columns=list(points))


def _wide(rows: Rows, points: Sequence[str]) -> tuple[npt.NDArray[np.int64], FloatArray]:
    times = np.unique(rows.time_us)
    values = np.full((len(times), len(points)), np.nan)
    values[np.searchsorted(times, rows.time_us), columns_of(rows, points)] = rows.value
    return times, values


def step_means(parts: Iterable[Rows], points: Sequence[str], first_us: int, steps: int, step_us: int) -> pd.DataFrame:
    """Return means over `steps` steps from `first_us`, NaN where no good reading fell in; one part is in memory at a time."""
    total = np.zeros(steps * len(points))
    count = np.zeros(steps * len(points))
    for part in parts:
        rows = good(part)
        cell = columns_of(rows, points) * steps + (rows.time_us - first_us) // step_us
        total += np.bincount(cell, weights=rows.value, minlength=len(total))
        count += np.bincount(cell, minlength=len(count))
    with np.errstate(invalid="ignore", divide="ignore"):
        means = (total / count).reshape(len(points), steps).T
    index = time_index(first_us + step_us * np.arange(steps, dtype=np.int64))
    return pd.DataFrame(means, index=index, columns=list(points))


def step_extremes(
    parts: Iterable[Rows], points: Sequence[str], first_us: int, steps: int, step_us: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the least and the greatest good reading of each step, NaN where none fell in: what a mean would hide."""
    low, high = np.full(steps * len(points), np.nan), np.full(steps * len(points), np.nan)
    for part in parts:
        rows = good(part)
        cell = columns_of(rows, points) * steps + (rows.time_us - first_us) // step_us
        np.fmin.at(low, cell, rows.value)
        np.fmax.at(high, cell, rows.value)
    index = time_index(first_us + step_us * np.arange(steps, dtype=np.int64))
    of_low, of_high = (pd.DataFrame(one.reshape(len(points), steps).T, index, list(points)) for one in (low, high))
    return of_low, of_high


def raw(parts: Iterable[Rows]) -> pd.DataFrame:
    """Return every row, whatever its quality, sorted by time."""
    rows = concat(list(parts))
    rows = rows.take(np.lexsort((rows.code, rows.time_us)))
    return pd.DataFrame(
        {
            "point": np.array(rows.points, dtype=object)[rows.code] if len(rows) else np.empty(0, dtype=object),
            "time": time_index(rows.time_us),
            "value": rows.value,
            "quality": rows.quality,
            "site_revision": np.array(rows.revisions, dtype=object)[rows.revision]
            if len(rows)
            else np.empty(0, object),
        }
    )
