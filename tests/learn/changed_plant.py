"""A site's history in which some points read otherwise for a time, as if the plant had changed then, or a device its unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pandas as pd

from facility.ports import Telemetry
from facility.records import Reading, ReadingBatch


class ChangedPlant:
    """Telemetry that multiplies what was measured at some points since a time; by NaN it is missing."""

    def __init__(
        self, telemetry: Telemetry, points: Sequence[str], since: datetime, factor: float, until: datetime | None = None
    ) -> None:
        self._telemetry, self._points, self._factor = telemetry, points, factor
        self._from, self._until = since, until or datetime.max.replace(tzinfo=UTC)

    def read(
        self, points: Sequence[str], start: datetime, end: datetime, step: timedelta | None = None
    ) -> pd.DataFrame:
        frame = self._telemetry.read(points, start, end, step).copy()
        then = (frame.index >= self._from) & (frame.index < self._until)
        frame.loc[then, [point for point in points if point in self._points]] *= self._factor
        return frame

    def read_rows(self, points: Sequence[str], start: datetime, end: datetime) -> pd.DataFrame:
        return self._telemetry.read_rows(points, start, end)

    def append(self, batch: ReadingBatch) -> None:
        self._telemetry.append(batch)

    def latest(self, points: Sequence[str] | None = None) -> Mapping[str, Reading]:
        return self._telemetry.latest(points)
