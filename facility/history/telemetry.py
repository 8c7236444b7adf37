"""Readings: kept from the moment they are acknowledged, read as DataFrames.

`append` puts a batch into the hot log; `flush` brings closed segments into the Delta table, in a commit that carries the number of
the last one, so that a replay cannot double them. A read takes the table as it is now, and of the hot log what is not in it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self, TypeVar

import numpy as np
import pandas as pd
import structlog

from facility.errors import HistoryError
from facility.history import frames
from facility.history.backlog import BacklogReport
from facility.history.hot_log import (
    FLUSH_BYTES,
    HotLog,
    HotLogTail,
    read_segment,
    recover,
    segment_path,
    segments,
    storage_errors,
)
from facility.history.latest import LatestReadings
from facility.history.reached import Reached, load_reached, save_reached
from facility.history.recovery import repair
from facility.history.rows import DAY_US, Rows, concat, from_batch, once, sorted_once
from facility.history.table import HOT_LOG, LOADED, ReadingTable, Snapshot
from facility.history.writer_lock import WriterLock
from facility.ports import Clock
from facility.records import Reading, ReadingBatch
from facility.state import StateFolder

_log = structlog.stdlib.get_logger(__name__)
_Item = TypeVar("_Item")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LOAD_ROWS = 2_000_000  # rows a commit of `load`: about 200 MB in memory, and few enough commits
_POINT_DAYS = 2_000  # points x days that a read holds in memory at once: 17 million rows at 10 s
_EARLIEST_US, _LATEST_US = (
    0,
    7_258_118_400_000_000,
)  # 1970 to 2200: a clock outside is broken, and would litter the table


def open_telemetry(
    state: StateFolder,
    *,
    table_uri: str | None,
    raw_retention_days: int,
    read_only: bool = False,
    hot_log_max_mb: int = 4096,
    clock: Clock,
) -> TelemetryStore:
    """Open the history of a site; the writer repairs what a crash or power loss left behind.

    Raises
    ------
    HistoryError
        If another process writes it, or it cannot be read. A table elsewhere that was reached before may be away: then
        readings wait in the hot log.
    """
    table = ReadingTable(table_uri or str(state.table))
    if read_only:
        return TelemetryStore(state, table, raw_retention_days=raw_retention_days, clock=clock)
    lock = WriterLock(state.lock)
    try:
        log = _recovered(state, table, hot_log_max_mb << 20)
    except BaseException:
        lock.release()
        raise
    return TelemetryStore(state, table, raw_retention_days=raw_retention_days, clock=clock, log=log, lock=lock)


def _recovered(state: StateFolder, table: ReadingTable, limit_bytes: int) -> HotLog:
    quarantine = state.root / "quarantine"
    with storage_errors("hot log cannot be opened"):
        state.hot_log.mkdir(parents=True, exist_ok=True)
        recover(state.hot_log, quarantine)
        if table.local:
            repair(table.local, min(segments(state.hot_log), default=None), quarantine)
    reached = _reached(state, table)
    save_reached(state.reached, reached)
    return HotLog(state.hot_log, reached.used + 1, flushed=reached.flushed, limit_bytes=limit_bytes)


def _reached(state: StateFolder, table: ReadingTable) -> Reached:
    """Return how far the table has come: as it says itself or, while its store is away, as it said last."""
    before = load_reached(state.reached)
    try:
        if before is not None and table.snapshot() is None:
            _log.error("the history's table is not where it was; a new one is begun", table=table.uri)
        snapshot = table.create()
    except HistoryError as error:
        if before is None or table.local:
            raise
        _log.error("the history's table is away; readings wait in the hot log", reason=str(error))
        return before
    flushed = snapshot.transaction(HOT_LOG)
    return Reached(flushed, max(flushed, snapshot.transaction(LOADED)))


class TelemetryStore:
    """Implements `facility.ports.Telemetry`; make it with `open_telemetry`."""

    def __init__(
        self,
        state: StateFolder,
        table: ReadingTable,
        *,
        raw_retention_days: int,
        clock: Clock,
        log: HotLog | None = None,
        lock: WriterLock | None = None,
    ) -> None:
        self.table = table
        self.table_lock = threading.RLock()  # held for each commit: by flush, load and maintenance
        self.raw_retention_days = raw_retention_days
        self._folder = state.hot_log
        self._reached = state.reached
        self._clock = clock
        self._hot = log
        self._lock = lock
        self._tail = HotLogTail(self._folder)
        self._latest: LatestReadings | None = None
        self._latest_lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let another process write. What was not flushed stays in the hot log, and is not lost."""
        with self.table_lock:  # a flush or a maintenance step in another thread ends first
            if self._hot is not None and self._lock is not None:
                self._hot.close()
                self._lock.release()
                self._hot = self._lock = None

    def append(self, batch: ReadingBatch) -> None:
        """Store a batch durably; it is acknowledged when this returns."""
        _check(batch)
        if len(batch):
            self._writer().append(batch)

    def flush(self) -> int:
        """Move acknowledged readings from the hot log into the table; return how many rows."""
        hot = self._writer()
        with self.table_lock:
            moved = 0
            flushed = self.table.now().transaction(HOT_LOG)
            for group in self._groups([segment for segment in hot.roll() if segment > flushed]):
                rows = sorted_once(concat([read_segment(self._folder, segment) for segment in group]))
                self.table.append(rows, HOT_LOG, group[-1])
                # What this commit holds stays until the next is durable: a power loss may yet tear the newest files.
                hot.drop(flushed)
                flushed = group[-1]
                hot.taken(flushed)
                save_reached(self._reached, Reached(flushed, hot.last))
                moved += len(rows)
            return moved

    def backlog(self) -> BacklogReport:
        """Return how far the table is behind what is acknowledged."""
        return self._writer().backlog()

    def load(self, batches: Iterable[ReadingBatch]) -> int:
        """Write readings that do not come from polling straight to the table; return how many rows.

        They are durable when this returns; what is loaded later counts over what was written before at the same time.
        """
        hot = self._writer()
        loaded = 0
        for group in _groups(_checked(batches), len, _LOAD_ROWS):
            with self.table_lock:
                segment = hot.reserve()
                save_reached(self._reached, Reached(self.table.now().transaction(HOT_LOG), segment))
                rows = sorted_once(concat([from_batch(batch, segment) for batch in group]))
                self.table.append(rows, LOADED, segment)
            loaded += len(rows)
        self._latest = None
        return loaded

    def read(
        self, points: Sequence[str], start: datetime, end: datetime, step: timedelta | None = None
    ) -> pd.DataFrame:
        """Return readings of good quality in [start, end), as they are or as means over steps."""
        start_us, end_us = _us(start), _us(end)
        parts = self._parts(list(dict.fromkeys(points)), start_us, end_us)
        if step is None:
            return frames.as_read(parts, points)
        return frames.step_means(parts, points, *_steps(start_us, end_us, step))

    def extremes(
        self, points: Sequence[str], start: datetime, end: datetime, step: timedelta
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the least and the greatest good reading of each step of `read`."""
        start_us, end_us = _us(start), _us(end)
        parts = self._parts(list(dict.fromkeys(points)), start_us, end_us)
        return frames.step_extremes(parts, points, *_steps(start_us, end_us, step))

    def read_rows(self, points: Sequence[str], start: datetime, end: datetime) -> pd.DataFrame:
        """Return rows of any quality in [start, end), sorted by time."""
        return frames.raw(self._parts(list(dict.fromkeys(points)), _us(start), _us(end), revisions=True))

    def latest(self, points: Sequence[str] | None = None) -> Mapping[str, Reading]:
        """Return the newest reading of each point, of any quality.

        Of points that have been silent for longer than the table's last two days, only those asked for by name are found.
        """
        with self._latest_lock:
            found = self._followed().get(points)
            silent = [] if points is None else [point for point in points if point not in found]
            return {**found, **self._silent(silent)} if silent else found

    def _followed(self) -> LatestReadings:
        now_us = _us(self._clock.now())
        fresh, missed = self._tail.poll()
        if self._latest is None or missed:
            self._latest, self._tail = self._newest_of_table(now_us), HotLogTail(self._folder)
            fresh, _ = self._tail.poll()
        for rows in fresh:
            self._latest.update(rows, now_us)
        return self._latest

    def _newest_of_table(self, now_us: int) -> LatestReadings:
        latest, snapshot = LatestReadings(), self._snapshot()
        days = snapshot.days()[-2:] if snapshot else []
        if snapshot and days:
            latest.update(once(snapshot.rows(None, days[0] * DAY_US, (days[-1] + 1) * DAY_US)), now_us)
        return latest

    def _silent(self, points: Sequence[str]) -> Mapping[str, Reading]:
        snapshot = self._snapshot()
        latest = LatestReadings()
        for day in reversed(snapshot.days() if snapshot else []):
            assert snapshot is not None
            missing = [point for point in points if point not in latest.get(None)]
            if not missing:
                break
            latest.update(once(snapshot.rows(missing, day * DAY_US, (day + 1) * DAY_US)), _us(self._clock.now()))
        return latest.get(None)

    def _parts(self, points: Sequence[str], start_us: int, end_us: int, *, revisions: bool = False) -> Iterator[Rows]:
        """Yield the rows of points in [start, end), some days at a time; no two share point and time."""
        snapshot, hot = self._now(points, start_us, end_us)
        held = {*np.unique(hot.time_us // DAY_US).tolist(), *(snapshot.days() if snapshot else ())}
        days = sorted(day for day in held if start_us < (day + 1) * DAY_US and day * DAY_US < end_us)
        together = max(1, _POINT_DAYS // max(1, len(points)))
        for first, last in ((group[0], group[-1]) for group in _groups(days, lambda _: 1, together)):
            begin, until = max(start_us, first * DAY_US), min(end_us, (last + 1) * DAY_US)
            parts = [hot.take((hot.time_us >= begin) & (hot.time_us < until))]
            if snapshot is not None and points:
                parts.append(snapshot.rows(points, begin, until, revisions=revisions))
            yield once(concat(parts))

    def _now(self, points: Sequence[str], start_us: int, end_us: int) -> tuple[Snapshot | None, Rows]:
        """Return the table and what the hot log has beyond it of some points in [start, end), at one moment."""
        while True:
            listed = segments(self._folder)
            snapshot = self._snapshot()
            flushed = snapshot.transaction(HOT_LOG) if snapshot else -1
            try:
                return snapshot, concat(
                    [
                        _chosen(read_segment(self._folder, segment), points, start_us, end_us)
                        for segment in listed
                        if segment > flushed
                    ]
                )
            except FileNotFoundError:  # flushed and dropped meanwhile: then the table has it now
                continue

    def _snapshot(self) -> Snapshot | None:
        """Return the table as it is now; None for a site that has none yet. One that is gone is not an empty one."""
        return self.table.now() if self._reached.exists() else self.table.snapshot()

    def _groups(self, closed: Sequence[int]) -> Iterator[list[int]]:
        return _groups(closed, lambda segment: segment_path(self._folder, segment).stat().st_size, FLUSH_BYTES)

    def _writer(self) -> HotLog:
        if self._hot is None:
            raise HistoryError("this history is open for reading only")
        return self._hot


def _chosen(rows: Rows, points: Sequence[str], start_us: int, end_us: int) -> Rows:
    wanted = set(points)
    codes = [code for code, point in enumerate(rows.points) if point in wanted]
    return rows.take(np.isin(rows.code, codes) & (rows.time_us >= start_us) & (rows.time_us < end_us))


def _checked(batches: Iterable[ReadingBatch]) -> Iterator[ReadingBatch]:
    for batch in batches:
        _check(batch)
        yield batch


def _groups(items: Iterable[_Item], size: Callable[[_Item], int], full: int) -> Iterator[list[_Item]]:
    """Yield items in groups that end where their sizes reach `full`."""
    group: list[_Item] = []
    reached = 0
    for item in items:
        group.append(item)
        reached += size(item)
        if reached >= full:
            yield group
            group, reached = [], 0
    if group:
        yield group


def _check(batch: ReadingBatch) -> None:
    lengths = {len(batch.points), len(batch.time_us), len(batch.values), len(batch.quality)}
    if len(lengths) != 1:
        raise HistoryError(f"a batch of readings has columns of different lengths: {sorted(lengths)}")
    if len(batch) and not (batch.time_us.min() >= _EARLIEST_US and batch.time_us.max() < _LATEST_US):
        raise HistoryError("a batch of readings has times before 1970 or after 2200; check the clock of this machine")


def _steps(start_us: int, end_us: int, step: timedelta) -> tuple[int, int, int]:
    """Return the start of the first step, how many there are, and how long each is; they begin at multiples of it."""
    step_us = step // _MICROSECOND
    if step_us <= 0:
        raise HistoryError(f"step must be positive, not {step}")
    first_us = start_us // step_us * step_us
    return first_us, max(0, -((first_us - end_us) // step_us)), step_us


def _us(time: datetime) -> int:
    if time.tzinfo is None:
        raise HistoryError(f"time {time} has no zone; times in facility are aware, UTC")
    return (time - _EPOCH) // _MICROSECOND
