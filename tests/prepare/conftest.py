"""A real history of the demo site, written by hand: the tests below say what is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from facility.history.telemetry import TelemetryStore, open_telemetry
from facility.records import Quality, ReadingBatch
from facility.site_file import LoadedSite, load_site
from facility.state import StateFolder

DEMO = Path(__file__).parents[2] / "site_configs" / "demo.yaml"
NOW = datetime(2026, 11, 20, 12, 3, tzinfo=UTC)


@dataclass
class FixedClock:
    """A clock that shows one time until a test moves it."""

    time: datetime = NOW

    def now(self) -> datetime:
        return self.time


@pytest.fixture(scope="session")
def demo() -> LoadedSite:
    return load_site(DEMO)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TelemetryStore]:
    with open_telemetry(StateFolder(tmp_path), table_uri=None, raw_retention_days=100, clock=FixedClock()) as store:
        yield store


Course = float | Callable[[datetime], float]


def write(
    store: TelemetryStore, values: Mapping[str, Course], start: datetime, end: datetime, every: timedelta
) -> None:
    """Write good readings of points from `start` to before `end`: constants, or functions of time."""
    times = [start + number * every for number in range(round((end - start) / every))]
    rows = [
        (point, time, course(time) if callable(course) else course)
        for time in times
        for point, course in values.items()
    ]
    batch = ReadingBatch(
        points=[point for point, _, _ in rows],
        time_us=np.array([round(time.timestamp() * 1e6) for _, time, _ in rows], dtype=np.int64),
        values=np.array([value for _, _, value in rows], dtype=float),
        quality=np.full(len(rows), Quality.GOOD, dtype=np.uint8),
        site_revision="test",
    )
    store.append(batch)
