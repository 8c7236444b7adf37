"""The toy's days with another future."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from facility.records import Quality, ReadingBatch
from tests.backtest.toy_days import DAY, ToyDays
from tests.closed_loop.making import START
from tools.closed_loop.memory_telemetry import EPOCH, MICROSECOND, MemoryTelemetry

UNTIL = START + 8 * DAY


def retold(days: ToyDays, at: datetime, seed: int) -> MemoryTelemetry:
    """Return the readings of some days with everything from a time on made up."""
    points = [point.id for point in days.case.loaded.points]
    readings = MemoryTelemetry(days.case.loaded.points, "test")
    random = np.random.default_rng(seed)
    for time, rows in days.readings.read_rows(points, START - DAY, UNTIL).groupby("time", sort=True):
        assert isinstance(time, pd.Timestamp)
        values, quality = rows["value"].to_numpy(float), rows["quality"].to_numpy(np.uint8)
        if time >= at:
            values, quality = random.normal(20.0, 10.0, len(rows)), np.full(len(rows), Quality.GOOD, np.uint8)
        time_us = np.full(len(rows), (time.to_pydatetime() - EPOCH) // MICROSECOND, np.int64)
        readings.append(ReadingBatch(rows["point"].tolist(), time_us, values, quality, "test"))
    return readings
