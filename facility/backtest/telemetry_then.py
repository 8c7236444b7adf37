"""Readings as they were at a time: anything later is refused, so that a backtest cannot see the future by mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pandas as pd

from facility.errors import HistoryError
from facility.points import PointIndex
from facility.ports import Telemetry
from facility.prepare.situation import STALE_INTERVALS
from facility.records import Quality, Reading, ReadingBatch

_LEAST_WINDOW = timedelta(hours=1)


class TelemetryThen:
    """Implements `facility.ports.Telemetry` over another, as it was at a time.

    Raises
    ------
    HistoryError
        From every method that is asked for what came later, or to append.
    """

    def __init__(self, telemetry: Telemetry, points: PointIndex, at: datetime) -> None:
        self._telemetry = telemetry
        self._points = [point.id for point in points]
        self._window = max(
            [_LEAST_WINDOW, *(STALE_INTERVALS * timedelta(seconds=point.interval_s) for point in points)]
        )
        self._at = at

    def append(self, batch: ReadingBatch) -> None:
        """Refuse: the past is as it was."""
        raise HistoryError(f"{len(batch)} readings not kept: history as of {self._at.isoformat()} is only read")

    def read(
        self, points: Sequence[str], start: datetime, end: datetime, step: timedelta | None = None
    ) -> pd.DataFrame:
        """Return good readings in [start, end); see `facility.ports.Telemetry`."""
        self._refuse_later(end)
        return self._telemetry.read(points, start, end, step)

    def read_rows(self, points: Sequence[str], start: datetime, end: datetime) -> pd.DataFrame:
        """Return raw rows of any quality; see `facility.ports.Telemetry`."""
        self._refuse_later(end)
        return self._telemetry.read_rows(points, start, end)

    def latest(self, points: Sequence[str] | None = None) -> Mapping[str, Reading]:
        """Return the newest reading of each point before the time; those so old that no plan would take them are left out."""
        rows = self._telemetry.read_rows(list(points or self._points), self._at - self._window, self._at)
        newest = rows.drop_duplicates("point", keep="last")
        columns = (newest[name].tolist() for name in ("point", "time", "value", "quality"))
        return {
            point: Reading(point, time.to_pydatetime(), value, Quality(quality))
            for point, time, value, quality in zip(*columns, strict=True)
        }

    def _refuse_later(self, end: datetime) -> None:
        if end > self._at:
            raise HistoryError(f"history as of {self._at.isoformat()} was asked for readings until {end.isoformat()}")
