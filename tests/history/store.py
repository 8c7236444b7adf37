"""A history to test with: batches whose values tell when they were written, and a clock that stands still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from facility.history.telemetry import TelemetryStore, open_telemetry
from facility.records import Quality, ReadingBatch
from facility.state import StateFolder

START = datetime(2026, 6, 30, 22, 0, tzinfo=UTC)
POINTS = ("crah-1.supply_air_temperature_degc", "crah-2.supply_air_temperature_degc", "rack-a01.feed-b.power_kw")


@dataclass
class StandingClock:
    time: datetime = START + timedelta(days=1)

    def now(self) -> datetime:
        return self.time


def microseconds(time: datetime) -> int:
    return (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def batch(
    number: int,
    points: Sequence[str] = POINTS,
    *,
    value: float | None = None,
    quality: Quality = Quality.GOOD,
    every_s: float = 10.0,
    revision: str = "r1",
) -> ReadingBatch:
    """The readings of poll `number`: its number is the value of the first point, one more of the second, and so on."""
    values = np.arange(len(points), dtype=np.float64) + number if value is None else np.full(len(points), value)
    time_us = np.full(len(points), microseconds(START + timedelta(seconds=number * every_s)))
    return ReadingBatch(points, time_us, values, np.full(len(points), quality, np.uint8), revision)


def open_store(root: Path, *, read_only: bool = False, retention_days: int = 730) -> TelemetryStore:
    return open_telemetry(
        StateFolder(root), table_uri=None, raw_retention_days=retention_days, read_only=read_only, clock=StandingClock()
    )


def numbers_kept(store: TelemetryStore, *, every_s: float = 10.0) -> list[int]:
    """The polls that a store holds, by their values; a poll held twice is there twice."""
    rows = store.read_rows(POINTS[:1], START - timedelta(days=1), START + timedelta(days=30))
    seconds = (rows["time"] - START).dt.total_seconds().to_numpy()
    assert np.allclose(seconds, rows["value"].to_numpy() * every_s)
    return [int(value) for value in rows["value"]]
