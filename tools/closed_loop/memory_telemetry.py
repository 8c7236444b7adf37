"""Readings of a run in memory: what the plant's sensors said, under the point ids of the site file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from facility.points import PointIndex
from facility.records import FloatArray, Quality, Reading, ReadingBatch
from tools.closed_loop.plant import Key

FIRST_ROWS = 1024
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MemoryTelemetry:
    """Implements `facility.ports.Telemetry` for readings that come all together, one row a time.

    What `record` is given gets the quality that the poller would give: stale where a sensor is silent, out of range where the
    point's profile calls a value impossible.
    """

    def __init__(self, points: PointIndex, site_revision: str) -> None:
        found = list(points)
        self._points = {point.id: column for column, point in enumerate(found)}
        self._keys = [(point.equipment, point.quantity) for point in found]
        self._low = np.array([point.low for point in found])
        self._high = np.array([point.high for point in found])
        self._revision = site_revision
        self._count = 0
        self._time_us = np.zeros(FIRST_ROWS, np.int64)
        self._values = np.full((FIRST_ROWS, len(found)), np.nan)
        self._quality = np.zeros((FIRST_ROWS, len(found)), np.uint8)
        self._latest: Mapping[str, Reading] | None = None  # of the last row, once somebody has asked

    def record(self, time: datetime, measured: Mapping[Key, float]) -> None:
        """Keep what the sensors say at a time, which must be later than the last.

        Raises
        ------
        ValueError
            If time does not move on.
        """
        values = np.array([measured.get(key, np.nan) for key in self._keys])
        quality = np.where(np.isnan(values), Quality.STALE, Quality.GOOD)
        with np.errstate(invalid="ignore"):
            quality[(values < self._low) | (values > self._high)] = Quality.OUT_OF_RANGE
        self._add((time - EPOCH) // MICROSECOND, values, quality)

    def append(self, batch: ReadingBatch) -> None:
        """Keep a batch; points of other sites are refused with a KeyError."""
        columns = np.array([self._points[point] for point in batch.points], np.int64)
        for time_us in np.unique(batch.time_us):
            at = batch.time_us == time_us
            values = np.full(len(self._keys), np.nan)
            quality = np.full(len(self._keys), Quality.STALE, np.uint8)
            values[columns[at]], quality[columns[at]] = batch.values[at], batch.quality[at]
            self._add(int(time_us), values, quality)

    def read(
        self, points: Sequence[str], start: datetime, end: datetime, step: timedelta | None = None
    ) -> pd.DataFrame:
        """Return readings of good quality in [start, end); see `facility.ports.Telemetry`."""
        time_us, values = self._good(points, start, end)
        if step is None:
            return pd.DataFrame(values, index=_index(time_us), columns=list(points))
        step_us = step // MICROSECOND
        first_us = (start - EPOCH) // MICROSECOND // step_us * step_us
        steps = max(0, -((first_us - (end - EPOCH) // MICROSECOND) // step_us))
        means = _means(values, (time_us - first_us) // step_us, steps)
        return pd.DataFrame(means, index=_index(first_us + step_us * np.arange(steps)), columns=list(points))

    def read_rows(self, points: Sequence[str], start: datetime, end: datetime) -> pd.DataFrame:
        """Return raw rows of any quality; see `facility.ports.Telemetry`."""
        where, columns = self._span(start, end), [self._points[point] for point in points]
        count = where.stop - where.start
        return pd.DataFrame(
            {
                "point": np.tile(np.array(points, dtype=object), count),
                "time": _index(np.repeat(self._time_us[where], len(columns))),
                "value": self._values[where][:, columns].ravel(),
                "quality": self._quality[where][:, columns].ravel(),
                "site_revision": np.full(count * len(columns), self._revision, dtype=object),
            }
        )

    def latest(self, points: Sequence[str] | None = None) -> Mapping[str, Reading]:
        """Return the newest reading of each point, of any quality."""
        if self._latest is None:
            self._latest = dict(self._newest()) if self._count else {}
        found = self._latest
        return found if points is None else {point: found[point] for point in points if point in found}

    def _add(self, time_us: int, values: FloatArray, quality: npt.NDArray[np.uint8]) -> None:
        if self._count and time_us <= self._time_us[self._count - 1]:
            raise ValueError(f"a reading at {time_us} us is not later than the last one")
        if self._count == len(self._time_us):
            self._time_us = np.concatenate([self._time_us, np.zeros_like(self._time_us)])
            self._values = np.concatenate([self._values, np.full_like(self._values, np.nan)])
            self._quality = np.concatenate([self._quality, np.zeros_like(self._quality)])
        row = self._count
        self._time_us[row], self._values[row], self._quality[row] = time_us, values, quality
        self._count += 1
        self._latest = None

    def _newest(self) -> Iterator[tuple[str, Reading]]:
        row = self._count - 1
        time = EPOCH + int(self._time_us[row]) * MICROSECOND
        said = zip(self._points, self._values[row].tolist(), self._quality[row].tolist(), strict=True)
        return ((point, Reading(point, time, value, Quality(quality))) for point, value, quality in said)

    def _span(self, start: datetime, end: datetime) -> slice:
        bounds = [(start - EPOCH) // MICROSECOND, (end - EPOCH) // MICROSECOND]
        first, last = np.searchsorted(self._time_us[: self._count], bounds)
        return slice(int(first), max(int(last), int(first)))

    def _good(self, points: Sequence[str], start: datetime, end: datetime) -> tuple[npt.NDArray[np.int64], FloatArray]:
        where, columns = self._span(start, end), [self._points[point] for point in points]
        good = self._quality[where][:, columns] == Quality.GOOD
        return self._time_us[where], np.where(good, self._values[where][:, columns], np.nan)


def _means(values: FloatArray, step_of_row: npt.NDArray[np.int64], steps: int) -> FloatArray:
    total, count = (np.zeros((steps, values.shape[1])) for _ in range(2))
    np.add.at(total, step_of_row, np.nan_to_num(values))
    np.add.at(count, step_of_row, np.isfinite(values))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(total / count)


def _index(time_us: npt.NDArray[np.int64]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(np.asarray(time_us, np.int64).view("M8[us]"), name="time").tz_localize("UTC")
