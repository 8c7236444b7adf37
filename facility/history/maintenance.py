"""Keeps the table small and quick: old days removed, small files joined, finished days sorted, the log and dead files cleared.

Each step looks at the table as it is, so running it again, or after a crash, does only what is left. Each commit is durable before
the files that it replaces may go.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import structlog
from deltalake import CommitProperties, Transaction, write_deltalake

from facility.history.commit import LOG, fsync_file
from facility.history.hot_log import fsync_folder
from facility.history.table import NO_HOOKS, SORTED, WRITING, ReadingTable, Snapshot, table_errors

if TYPE_CHECKING:
    from facility.history.telemetry import TelemetryStore

_log = structlog.stdlib.get_logger(__name__)
_EPOCH_DAY = date(1970, 1, 1)
_MANY_FILES = 12  # in one partition: an hour of flushes every five minutes
_TARGET_BYTES = 128 << 20
_SORT_MEMORY = "1GB"  # beyond it DuckDB sorts on disk
_SORTED_ONCE = """
    SELECT * FROM rows
    QUALIFY row_number() OVER (PARTITION BY point, time ORDER BY segment DESC) = 1
    ORDER BY point, time
"""
_LEAP_DAYS = 365  # a clock that leaps ahead must not cost the history; a site rarely sleeps for a year
_FILE_RETENTION_H = 2  # readers that began on an older version, and the repair of a torn commit, still find their files


@dataclass(frozen=True, slots=True)
class MaintenanceReport:
    """What was done."""

    days_removed: int = 0
    partitions_compacted: int = 0
    partitions_sorted: int = 0
    files_removed: int = 0


def maintain(store: TelemetryStore, now: datetime) -> MaintenanceReport:
    """Do what the table needs; run it every hour or so. Polling goes on meanwhile, flushes wait for single steps."""
    table = store.table
    today = (now.date() - _EPOCH_DAY).days
    with table_errors("history table not maintained"):
        with store.table_lock:
            removed = _remove_old_days(table, today, store.raw_retention_days)
        ordered = sum(_sort_day(store, day) for day in _unsorted_days(table, today))
        compacted = sum(_compact(store, day, bucket) for day, bucket in _crowded(table, today))
        with store.table_lock:
            dead = _clear(table)
            _checkpoint(table)
    report = MaintenanceReport(removed, compacted, ordered, dead)
    _log.info("history table maintained", **{name: getattr(report, name) for name in report.__slots__})
    return report


def _remove_old_days(table: ReadingTable, today: int, retention_days: int) -> int:
    snapshot = table.now()
    days = snapshot.days()
    old = [day for day in days if day < today - retention_days]
    if not old:
        return 0
    if min([today, *days[len(old) :]]) - old[-1] > _LEAP_DAYS:
        _log.error("old readings kept: a leap of more than a year; check the clock", newest_before=_iso(old[-1]))
        return 0
    first = snapshot.delta.version() + 1
    snapshot.delta.delete(f"date <= DATE '{_iso(old[-1])}'", post_commithook_properties=NO_HOOKS)
    table.make_durable(snapshot.delta, first)
    return len(old)


def _unsorted_days(table: ReadingTable, today: int) -> list[int]:
    """Return the finished days that polling wrote to and that are not sorted yet; on the first run only yesterday."""
    snapshot = table.now()
    done = snapshot.transaction(SORTED)
    first = done + 1 if done >= 0 else today - 1
    return [day for day in snapshot.days() if first <= day < today]


def _sort_day(store: TelemetryStore, day: int) -> int:
    buckets = sorted(bucket for there, bucket in _files(store.table.now()) if there == day)
    for bucket in buckets:
        with store.table_lock:
            done = [Transaction(SORTED, day)] if bucket == buckets[-1] else []
            _sort_partition(store.table, day, bucket, done)
    return len(buckets)


def _sort_partition(table: ReadingTable, day: int, bucket: int, done: list[Transaction]) -> None:
    """Rewrite a partition sorted by point and time; what was overwritten (the same point and time again) goes."""
    delta = table.now().delta
    first = delta.version() + 1
    partition = f"date = DATE '{_iso(day)}' AND bucket = {bucket}"
    with duckdb.connect(config={"memory_limit": _SORT_MEMORY, "threads": 2}) as connection:
        connection.register("rows", delta.scan(predicate=partition))
        ordered = connection.sql(_SORTED_ONCE)
        write_deltalake(
            delta,
            ordered.to_arrow_reader(1 << 16),
            mode="overwrite",
            predicate=partition,
            writer_properties=WRITING,
            commit_properties=CommitProperties(app_transactions=done),
            post_commithook_properties=NO_HOOKS,
        )
    table.make_durable(delta, first)


def _crowded(table: ReadingTable, today: int) -> list[tuple[int, int]]:
    return [key for key, files in sorted(_files(table.now()).items()) if files > _MANY_FILES and key[0] <= today]


def _compact(store: TelemetryStore, day: int, bucket: int) -> int:
    with store.table_lock:
        delta = store.table.now().delta
        first = delta.version() + 1
        joined = delta.optimize.compact(
            [("date", "=", _iso(day)), ("bucket", "=", str(bucket))],
            target_size=_TARGET_BYTES,
            max_concurrent_tasks=1,
            writer_properties=WRITING,
            post_commithook_properties=NO_HOOKS,
        )
        store.table.make_durable(delta, first)
        return int(joined["numFilesRemoved"] > 0)


def _checkpoint(table: ReadingTable) -> None:
    """Sum up the log, so that opening stays quick; first let go of what is older than a day and than the checkpoint before.

    In this order there are always two checkpoints, so that one may be torn.
    """
    delta = table.now().delta
    if table.local and _checkpoint_files(table.local, delta.version()):
        return
    delta.cleanup_metadata()
    delta.create_checkpoint()
    if table.local:
        for path in [*_checkpoint_files(table.local, delta.version()), table.local / LOG / "_last_checkpoint"]:
            fsync_file(path)
        fsync_folder(table.local / LOG)


def _checkpoint_files(table: Path, version: int) -> list[Path]:
    return list((table / LOG).glob(f"{version:020d}.checkpoint*.parquet"))


def _clear(table: ReadingTable) -> int:
    """Remove files that no version of the last hours names: replaced ones, and those of writes that never committed."""
    delta = table.now().delta
    first = delta.version() + 1
    dead = delta.vacuum(_FILE_RETENTION_H, enforce_retention_duration=False, full=True)
    if dead:
        delta.vacuum(_FILE_RETENTION_H, dry_run=False, enforce_retention_duration=False, full=True)
        table.make_durable(delta, first)
    return len(dead)


def _files(snapshot: Snapshot) -> Counter[tuple[int, int]]:
    added = pa.table(snapshot.delta.get_add_actions(flatten=True))
    days = added["partition.date"].cast(pa.date32()).cast(pa.int32()).to_pylist()
    return Counter(zip(days, added["partition.bucket"].to_pylist(), strict=True))


def _iso(day: int) -> str:
    return (_EPOCH_DAY + timedelta(days=day)).isoformat()
