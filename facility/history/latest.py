"""The newest reading of each point, followed through the hot log; what is older comes from the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from facility.history.rows import Rows
from facility.records import Quality, Reading

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
        wanted = self._codes if points is None else points
        return {point: self._reading(point, self._codes[point]) for point in wanted if self._seen(point)}

    def _seen(self, point: str) -> bool:
        code = self._codes.get(point)
        return code is not None and self._time_us[code] != np.iinfo(np.int64).min

    def _reading(self, point: str, code: int) -> Reading:
        time = _EPOCH + timedelta(microseconds=int(self._time_us[code]))
        return Reading(point, time, float(self._value[code]), Quality(int(self._quality[code])))

    def _grow(self) -> None:
        more = len(self._codes) - len(self._time_us)
        self._time_us = np.concatenate([self._time_us, np.full(more, np.iinfo(np.int64).min)])
        self._value = np.concatenate([self._value, np.full(more, np.nan)])
        self._quality = np.concatenate([self._quality, np.zeros(more, np.uint8)])
