"""Readings as plans may use them: those of points with an open finding are suspect from the time it began."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.ports import Telemetry
from facility.records import Finding, Quality, Reading, ReadingBatch


class BelievedTelemetry:
    """Implements `facility.ports.Telemetry` over another, whose rows may not be flagged yet."""

    def __init__(self, telemetry: Telemetry, findings: Sequence[Finding]) -> None:
        self._telemetry = telemetry
        self._since = {finding.point: finding.since for finding in findings}

    def append(self, batch: ReadingBatch) -> None:
        """Store a batch as it is."""
        self._telemetry.append(batch)

    def read(
        self, points: Sequence[str], start: datetime, end: datetime, step: timedelta | None = None
    ) -> pd.DataFrame:
        """Return good readings in [start, end); a step in which a finding began counts as a whole."""
        frame = self._telemetry.read(points, start, end, step)
        for point in self._since.keys() & set(points):
            frame.loc[frame.index > self._since[point] - (step or timedelta(microseconds=1)), point] = np.nan
        return frame

    def read_rows(self, points: Sequence[str], start: datetime, end: datetime) -> pd.DataFrame:
        """Return raw rows of any quality."""
        rows = self._telemetry.read_rows(points, start, end)
        for point in self._since.keys() & set(points):
            doubted = (rows["point"] == point) & (rows["time"] >= self._since[point])
            rows.loc[doubted & (rows["quality"] == Quality.GOOD), "quality"] = Quality.SUSPECT
        return rows

    def latest(self, points: Sequence[str] | None = None) -> Mapping[str, Reading]:
        """Return the newest reading of each point, of any quality."""
        found = self._telemetry.latest(points)
        return {point: self._flagged(reading) for point, reading in found.items()} if self._since else found

    def _flagged(self, reading: Reading) -> Reading:
        since = self._since.get(reading.point)
        if since is None or reading.time < since or reading.quality is not Quality.GOOD:
            return reading
        return dataclasses.replace(reading, quality=Quality.SUSPECT)
