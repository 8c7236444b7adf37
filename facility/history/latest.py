"""The newest reading of each point, followed through the hot log; what is older comes from the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from facility.history.rows import Rows
from facility.records import Quality, Reading

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER_US = int(np.iinfo(np.int64).min)
_QUALITIES = {int(quality): quality for quality in Quality}


class LatestReadings:
    """Newest by time; but a reading from the future gives way to whatever is written after it (a clock was put back)."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._time_us = np.empty(0, np.int64)
        self._value = np.empty(0)
        self._quality = np.empty(0, np.uint8)

    def update(self, rows: Rows, now_us: int) -> None:
        """Take in rows written after those seen so far."""
        for point in rows.points:
            self._codes.setdefault(point, len(self._codes))
        self._grow()
        code = np.array([self._codes[point] for point in rows.points], np.int32)[rows.code]
        known = self._time_us[code]
        newer = np.flatnonzero((rows.time_us >= known) | (known > now_us))
        newer = newer[np.argsort(rows.time_us[newer], kind="stable")]  # of equal codes the last assignment stays
        for held, written in ((self._time_us, rows.time_us), (self._value, rows.value), (self._quality, rows.quality)):
            held[code[newer]] = written[newer]

    def get(self, points: Sequence[str] | None) -> Mapping[str, Reading]:
        """Return the newest reading of points, of all when None."""
        if points is None:
            return self._readings(list(self._codes), slice(None))
        known = [point for point in points if point in self._codes]
        return self._readings(known, [self._codes[point] for point in known])

    def _readings(self, points: Sequence[str], codes: slice | list[int]) -> dict[str, Reading]:
        columns = (held[codes].tolist() for held in (self._time_us, self._value, self._quality))
        return {
            point: Reading(point, _EPOCH + timedelta(microseconds=time_us), value, _QUALITIES[quality])
            for point, time_us, value, quality in zip(points, *columns, strict=True)
            if time_us != _NEVER_US
        }

    def _grow(self) -> None:
        more = len(self._codes) - len(self._time_us)
        self._time_us = np.concatenate([self._time_us, np.full(more, _NEVER_US)])
        self._value = np.concatenate([self._value, np.full(more, np.nan)])
        self._quality = np.concatenate([self._quality, np.zeros(more, np.uint8)])
