"""Maintenance changes files, never readings; it does its work once and bears being run at any time."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from facility.history import maintenance
from facility.history.commit import LOG
from facility.history.maintenance import MaintenanceReport, maintain
from facility.records import ReadingBatch
from tests.history.store import POINTS, START, batch, microseconds, numbers_kept, open_store

NOTHING = MaintenanceReport()


def _files(root: Path, day: str) -> list[Path]:
    return sorted((root / "telemetry").glob(f"date={day}/*/*.parquet"))


def _age(root: Path, hours: float) -> None:
    """Make every file look as old as it would be after some hours."""
    for path in (root / "telemetry").rglob("*"):
        if path.is_file():
            before = path.stat().st_mtime - hours * 3600
            os.utime(path, (before, before))


def test_yesterday_is_sorted_today_joined_and_nothing_changes(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        for number in range(30):
            store.append(batch(number, every_s=600.0))
            store.flush()
        store.append(batch(4, every_s=600.0, value=99.0))
        store.flush()
        now = START + timedelta(hours=5)
        before = store.read(POINTS, START, now)
        report = maintain(store, now)
        assert report.partitions_sorted == report.partitions_compacted == 3  # one of each point
        assert store.read(POINTS, START, now).equals(before)
        assert before[POINTS[0]].iloc[4] == 99.0
        assert maintain(store, now) == NOTHING
        live = store.table.create().delta.file_uris()
    assert len(live) == 6
    for uri in live:
        if "2026-06-30" in uri:
            times = pq.read_table(uri, columns=["time"], partitioning=None)["time"].to_pylist()
            assert times == sorted(set(times))
    with open_store(tmp_path) as store:
        assert store.read(POINTS, START, now).equals(before)
        store.append(batch(30, every_s=600.0))
        store.flush()
        assert len(store.read(POINTS, START, now + timedelta(hours=1))) == 31


def test_old_days_go_and_young_stay(tmp_path: Path) -> None:
    with open_store(tmp_path, retention_days=3) as store:
        for day in range(6):
            store.append(batch(day, every_s=86400.0))
        store.flush()
        report = maintain(store, START + timedelta(days=6))
        assert report.days_removed == 3
        assert numbers_kept(store, every_s=86400.0) == [3, 4, 5]
        assert maintain(store, START + timedelta(days=6)) == NOTHING


def test_a_clock_that_leaps_ahead_does_not_cost_the_history(tmp_path: Path) -> None:
    with open_store(tmp_path, retention_days=3) as store:
        store.append(batch(0))
        leap = np.array([microseconds(START + timedelta(days=3650))])
        store.append(ReadingBatch(POINTS[:1], leap, np.ones(1), np.zeros(1, np.uint8), "r"))
        store.flush()
        assert maintain(store, START + timedelta(days=3650)).days_removed == 0
        assert numbers_kept(store) == [0]


def test_replaced_files_and_old_log_entries_go_after_their_time(tmp_path: Path) -> None:
    now = START + timedelta(hours=5)
    with open_store(tmp_path) as store:
        for number in range(30):
            store.append(batch(number, every_s=600.0))
            store.flush()
        maintain(store, now)
        entries = len(list((tmp_path / "telemetry" / LOG).glob("*.json")))
        assert len(_files(tmp_path, "*")) == 30 * 3 + 6  # readers of a moment ago still find theirs
        orphan = tmp_path / "telemetry" / "date=2026-07-01" / "bucket=1" / "part-orphan.parquet"
        orphan.parent.mkdir(exist_ok=True)
        orphan.write_bytes(b"a write that was killed before its commit")
        _age(tmp_path, hours=30.0)
        store.append(batch(30, every_s=600.0))
        store.flush()
        kept = _files(tmp_path, "*")
        maintain(store, now)
        maintain(store, now)
        assert not orphan.exists() and len(_files(tmp_path, "*")) <= len(kept)
        assert len(list((tmp_path / "telemetry" / LOG).glob("*.json"))) < entries
        assert numbers_kept(store, every_s=600.0) == list(range(31))
    with open_store(tmp_path) as store:
        assert numbers_kept(store, every_s=600.0) == list(range(31))
        store.append(batch(31, every_s=600.0))
        assert store.flush() == 3  # the application transactions outlive the log


def test_replaced_files_are_removed_and_not_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maintenance, "_FILE_RETENTION_H", 0)
    with open_store(tmp_path) as store:
        for number in range(14):
            store.append(batch(number))
            store.flush()
        report = maintain(store, START + timedelta(hours=1))
        assert report.partitions_compacted == 3 and report.files_removed == 14 * 3
        assert len(_files(tmp_path, "*")) == 3
    with open_store(tmp_path) as store:  # the last flush names files that are gone, and is whole all the same
        assert numbers_kept(store) == list(range(14))
    assert not (tmp_path / "quarantine").exists()


def test_polling_goes_on_while_maintenance_runs(tmp_path: Path) -> None:
    with open_store(tmp_path) as store, store.table_lock:
        begun = time.monotonic()
        store.append(batch(0))  # would wait for ever if it needed the table
        assert numbers_kept(store) == [0]
        assert time.monotonic() - begun < 60.0
