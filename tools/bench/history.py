"""What keeping readings costs: append, recovery, one year of 50 points at 5 minutes out of 500 points, bytes a row.

The references are taken on the same disk and processor, so that the machine cancels out: a bare write and fsync of as many bytes, a
bare read, one SQLite file with an index, and one Parquet file that holds only the rows asked for.
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from facility.clock import SystemClock
from facility.history.maintenance import maintain
from facility.history.telemetry import TelemetryStore, open_telemetry
from facility.log import configure_logging
from facility.records import ReadingBatch
from facility.state import StateFolder
from tools.bench.rows import Row, compared

_START = datetime(2025, 1, 1, tzinfo=UTC)
_START_US = int(_START.timestamp()) * 10**6
_STEP_US = 300 * 10**6
_POINTS = tuple(f"crah-{number // 10}.quantity_{number % 10}_degc" for number in range(500))
_ONE_OF_EACH = _POINTS[::10]  # the same quantity of fifty CRAHs: they lie in every bucket
_ALL_OF_FIVE = _POINTS[:50]  # everything of five CRAHs


@dataclass(frozen=True, slots=True)
class _Cost:
    wall_s: float
    cpu_s: float


def run(quick: bool) -> list[Row]:
    """Measure in a temporary folder on the disk of the working folder, where the state folder would be by default."""
    configure_logging("console", "bench")  # on standard error; the rows go to standard output
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as name:
        root = Path(name)
        rows = [
            row for count in (5_000, 170_000) for row in _append(root / f"append-{count}", count, 20 if quick else 100)
        ]
        rows += _recovery(root / "recovery", 10 if quick else 30)
        return [*rows, *_year(root / "year", 30 if quick else 365)]


def _open(root: Path) -> TelemetryStore:
    return open_telemetry(StateFolder(root), table_uri=None, raw_retention_days=10_000, clock=SystemClock())


def _batch(points: tuple[str, ...], poll: int) -> ReadingBatch:
    size = len(points)
    values = np.round(20.0 + np.random.default_rng(poll).normal(0.0, 2.0, size), 2)
    return ReadingBatch(points, np.full(size, _START_US + poll * 10**7), values, np.zeros(size, np.uint8), "bench")


def _timed(work: Callable[[], object]) -> _Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return _Cost(time.perf_counter() - wall, time.process_time() - cpu)


def _median(costs: list[_Cost]) -> _Cost:
    return _Cost(statistics.median(cost.wall_s for cost in costs), statistics.median(cost.cpu_s for cost in costs))


def _append(root: Path, size: int, polls: int) -> Iterator[Row]:
    points = tuple(f"rack-{number // 4}.quantity_{number % 4}_kw" for number in range(size))
    batches = [_batch(points, poll) for poll in range(polls + 1)]
    with _open(root) as store:
        store.append(batches[0])  # the first of a segment writes the names too
        ours = _median([_timed(lambda batch=batch: store.append(batch)) for batch in batches[1:]])  # type: ignore[misc]
    frame = next((root / "hot_log").iterdir()).stat().st_size // len(batches)
    bare = _median([_timed(lambda: _write_and_fsync(root / "bare", bytes(frame))) for _ in range(polls)])
    sqlite = _sqlite_insert(root / "rows.sqlite", batches[: 6 if size > 10_000 else 21])
    yield compared(f"append_{size}_rows_wall", ours.wall_s * 1e3, "ms", bare.wall_s * 1e3)
    yield compared(f"append_{size}_rows_cpu", ours.cpu_s * 1e3, "ms", sqlite.cpu_s * 1e3)


def _write_and_fsync(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sqlite_insert(path: Path, batches: list[ReadingBatch]) -> _Cost:
    """The plain alternative: a transaction a poll, points by number, an index on point and time."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE reading (point INTEGER, time INTEGER, value REAL, quality INTEGER)")
        database.execute("CREATE INDEX reading_index ON reading (point, time)")

        def insert(batch: ReadingBatch) -> None:
            columns = zip(
                range(len(batch)), batch.time_us.tolist(), batch.values.tolist(), batch.quality.tolist(), strict=True
            )
            with database:
                database.executemany("INSERT INTO reading VALUES (?, ?, ?, ?)", columns)

        return _median([_timed(lambda batch=batch: insert(batch)) for batch in batches])  # type: ignore[misc]


def _recovery(root: Path, polls: int) -> Iterator[Row]:
    """Opening after a crash with five minutes of a large site (30 polls of 170,000 rows) not flushed, the last one torn."""
    points = tuple(f"rack-{number // 4}.quantity_{number % 4}_kw" for number in range(170_000))
    with _open(root) as store:
        for poll in range(polls):
            store.append(_batch(points, poll))
    segment = next((root / "hot_log").iterdir())
    with segment.open("r+b") as file:
        file.truncate(segment.stat().st_size - 1000)
    ours = _timed(lambda: _open(root).close())
    bare = _timed(segment.read_bytes)
    yield compared(f"recovery_of_{polls * 170_000}_rows_wall", ours.wall_s, "s", bare.wall_s)
    with _open(root) as store:
        flush = _timed(store.flush)
    yield Row(f"flush_of_{polls * 170_000}_rows_wall", flush.wall_s, "s")


def _days(first: int, days: int) -> ReadingBatch:
    """Some days of all points, as a back-fill brings them."""
    steps = 288 * days
    wander = np.random.default_rng(first).normal(0.0, 0.1, (steps, len(_POINTS))).cumsum(axis=0)
    times = _START_US + first * 86_400 * 10**6 + np.arange(steps) * _STEP_US
    size = steps * len(_POINTS)
    values = np.round(20.0 + wander, 2).ravel()
    return ReadingBatch(_POINTS * steps, np.repeat(times, len(_POINTS)), values, np.zeros(size, np.uint8), "bench")


def _year(root: Path, days: int) -> Iterator[Row]:
    rows = 288 * days * len(_POINTS)
    with _open(root) as store:
        loading = _timed(lambda: store.load(_days(first, min(7, days - first)) for first in range(0, days, 7)))
        maintain(store, _START + timedelta(days=days))
        yield Row("load_rows_per_second", rows / loading.wall_s, "rows/s")
        size = sum(path.stat().st_size for path in (root / "telemetry").rglob("*.parquet"))
        yield compared("bytes_a_row", size / rows, "bytes", _sqlite_bytes_a_row(root / "rows.sqlite"))
        for what, points in (("one_of_each_of_50_devices", _ONE_OF_EACH), ("all_of_5_devices", _ALL_OF_FIVE)):
            yield from _read(store, root, f"read_50_points_{days}_days_of_{rows}_rows_{what}", points, days)


def _read(store: TelemetryStore, root: Path, what: str, points: tuple[str, ...], days: int) -> Iterator[Row]:
    end = _START + timedelta(days=days)
    frames: list[pd.DataFrame] = []
    reading = min((_timed(lambda: frames.append(store.read(points, _START, end))) for _ in range(3)), key=_cpu)
    stepping = min((_timed(lambda: store.read(points, _START, end, timedelta(hours=1))) for _ in range(3)), key=_cpu)
    if frames[-1].shape != (288 * days, len(points)) or frames[-1].isna().to_numpy().any():
        raise RuntimeError("the history did not return what was loaded")
    bare = _bare_parquet(root / "bare.parquet", frames[-1])
    yield compared(f"{what}_wall", reading.wall_s, "s", bare.wall_s)
    yield compared(f"{what}_cpu", reading.cpu_s, "s", bare.cpu_s)
    yield compared(f"{what}_hourly_means_cpu", stepping.cpu_s, "s", bare.cpu_s)


def _cpu(cost: _Cost) -> float:
    return cost.cpu_s


def _sqlite_bytes_a_row(path: Path) -> float:
    batch = _days(0, 2)
    _sqlite_insert(path, [batch])
    return path.stat().st_size / len(batch)


def _bare_parquet(path: Path, frame: pd.DataFrame) -> _Cost:
    """Reading the same rows in long form from one file that holds nothing else, into the same frame."""
    values = frame.to_numpy().T.ravel()
    times = np.tile(frame.index.to_numpy(), frame.shape[1])
    points = pa.array(list(frame.columns)).take(pa.array(np.repeat(np.arange(frame.shape[1]), len(frame))))
    pq.write_table(pa.table({"point": points, "time": times, "value": values}), path, compression="zstd")

    def read() -> pd.DataFrame:
        table = pq.read_table(path, read_dictionary=["point"])
        return pd.DataFrame(table["value"].to_numpy().reshape(frame.shape[1], -1).T)

    return min((_timed(read) for _ in range(3)), key=_cpu)
