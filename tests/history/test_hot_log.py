"""The hot log: torn tails, damage, readers beside the writer, a disk that is full, one writer."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from facility.errors import HistoryError, StorageFullError
from facility.history.hot_log import HotLog, HotLogTail, read_segment, recover, segment_path, segments
from facility.history.writer_lock import WriterLock
from facility.records import ReadingBatch
from tests.history.store import POINTS, batch, numbers_kept, open_store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "hot_log"
    made.mkdir()
    return made


def _numbers(folder: Path, segment: int) -> list[float]:
    rows = read_segment(folder, segment)
    return [value for value, code in zip(rows.value, rows.code, strict=True) if rows.points[code] == POINTS[0]]


def test_what_is_appended_is_read_back_exactly(folder: Path) -> None:
    log = HotLog(folder, 7)
    odd = ReadingBatch(
        ["ünïcode-1.power_kw", POINTS[0]],
        np.array([1, 2]),
        np.array([np.nan, -np.inf]),
        np.array([2, 0], np.uint8),
        "revision-2",
    )
    log.append(batch(0))
    log.append(odd)
    rows = read_segment(folder, 7)
    assert [rows.points[code] for code in rows.code] == [*POINTS, *odd.points]
    assert rows.time_us[-2:].tolist() == [1, 2]
    np.testing.assert_array_equal(rows.value[-2:], odd.values)
    assert rows.quality[-2:].tolist() == [2, 0]
    assert [rows.revisions[code] for code in rows.revision] == ["r1"] * 3 + ["revision-2"] * 2


def test_every_possible_tear_of_the_tail_is_cut_and_only_it(folder: Path, tmp_path: Path) -> None:
    log = HotLog(folder, 0)
    log.append(batch(0))
    log.append(batch(1))
    path = segment_path(folder, 0)
    acknowledged = path.read_bytes()
    log.append(batch(2))
    whole = path.read_bytes()
    for length in range(len(acknowledged) + 1, len(whole), 7):
        for torn in (whole[:length], whole[:length] + bytes(len(whole) - length)):  # cut short; or the rest zeroed
            if torn == whole:  # it ended in zeros
                continue
            path.write_bytes(torn)
            assert _numbers(folder, 0) == [0, 1]  # a reader beside us sees only whole frames
            recover(folder, tmp_path / "quarantine")
            assert path.read_bytes() == acknowledged


def test_a_flipped_bit_is_found_and_the_bytes_are_kept_aside(folder: Path, tmp_path: Path) -> None:
    log = HotLog(folder, 0)
    log.append(batch(0))
    first = segment_path(folder, 0).stat().st_size
    log.append(batch(1))
    data = bytearray(segment_path(folder, 0).read_bytes())
    data[first + 200] ^= 0x10
    segment_path(folder, 0).write_bytes(data)
    recover(folder, tmp_path / "quarantine")
    assert _numbers(folder, 0) == [0]
    assert (tmp_path / "quarantine" / "000000000000.log.tail").read_bytes() == bytes(data[first:])


def test_segment_numbers_only_grow(folder: Path) -> None:
    log = HotLog(folder, 0)
    for number in range(3):
        log.append(batch(number))
        log.roll()
    log.drop(1)
    assert segments(folder) == [2]
    reopened = HotLog(folder, 2)  # the table has come to segment 1
    reopened.append(batch(3))
    assert segments(folder) == [2, 3]


def test_a_tail_yields_each_row_once_across_segments(folder: Path) -> None:
    log, tail = HotLog(folder, 0), HotLogTail(folder)
    seen: list[float] = []
    for number in range(9):
        log.append(batch(number))
        if number % 4 == 0:
            log.roll()
        if number % 2 == 0:
            rows, missed = tail.poll()
            assert not missed
            seen += [float(part.value[0]) for part in rows]
    assert seen == list(range(9))
    rows, missed = tail.poll()
    assert (list(rows), missed) == ([], False)


def test_a_tail_tells_when_rows_were_dropped_unread(folder: Path) -> None:
    log, tail = HotLog(folder, 0), HotLogTail(folder)
    log.append(batch(0))
    tail.poll()
    for number in (1, 2):
        log.roll()
        log.append(batch(number))
    log.drop(1)
    _, missed = tail.poll()
    assert missed


@contextmanager
def _file_size_limit(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_no_room_for_a_frame_keeps_what_was_acknowledged_and_goes_on_later(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.append(batch(0))
        store.append(batch(1))
        used = next((tmp_path / "hot_log").iterdir()).stat().st_size
        with _file_size_limit(used + 100), pytest.raises(StorageFullError, match="free some space"):
            store.append(batch(2))  # the kernel takes 100 bytes of it
        assert numbers_kept(store) == [0, 1]
        store.append(batch(3))
        assert numbers_kept(store) == [0, 1, 3]
        store.flush()
        assert numbers_kept(store) == [0, 1, 3]


_FILL_A_DISK = """
import pathlib, resource, sys
from facility.errors import StorageFullError
from tests.history.store import POINTS, batch, numbers_kept, open_store

root, limited = pathlib.Path(sys.argv[1]), sys.argv[2] == "limited"
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
wide = (POINTS[0], *(f"rack-{n}.power_kw" for n in range(20_000)))
acknowledged = []
with open_store(root / "state") as store:
    if limited:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, hard))
    for points in (wide, POINTS):  # POINTS fill what a wide batch leaves
        try:
            for number in range(len(acknowledged), 5_000):
                store.append(batch(number, points))
                acknowledged.append(number)
            sys.exit("the disk never filled up")
        except StorageFullError:
            pass
    assert len(acknowledged) > 2
    assert numbers_kept(store) == acknowledged
    if not limited:
        try:
            store.flush()
            sys.exit("a full disk took a commit")
        except StorageFullError:
            assert numbers_kept(store) == acknowledged
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    (root / "ballast").unlink()
    store.append(batch(6_000))
    store.flush()
    assert numbers_kept(store) == [*acknowledged, 6_000]
"""


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """On a file system of 4 MB in a mount namespace of its own; where the system allows none, on a limit of file size."""
    mount = f"mount -t tmpfs -o size=4m none {tmp_path} && head -c 2500000 /dev/zero > {tmp_path}/ballast"
    inside = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount + ' && exec "$@"', "sh"]
    limited = subprocess.run([*inside, "true"], check=False, capture_output=True).returncode != 0
    (tmp_path / "ballast").touch()
    script = [sys.executable, "-c", _FILL_A_DISK, str(tmp_path), "limited" if limited else "small"]
    command = script if limited else inside + script
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr


def test_a_second_writer_is_refused_and_told_who_writes(tmp_path: Path) -> None:
    with open_store(tmp_path), pytest.raises(HistoryError, match=f"process {os.getpid()};"):
        open_store(tmp_path)
    open_store(tmp_path).close()


_DIE_WITH_THE_LOCK = """
import os, pathlib, sys
from facility.history.writer_lock import WriterLock
WriterLock(pathlib.Path(sys.argv[1]))
os._exit(9)
"""


def test_the_lock_of_a_dead_process_does_not_bind(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    assert subprocess.run([sys.executable, "-c", _DIE_WITH_THE_LOCK, str(lock)], check=False).returncode == 9
    WriterLock(lock).release()


def test_a_batch_with_unequal_columns_or_absurd_times_is_refused_whole(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        with pytest.raises(HistoryError, match="different lengths"):
            store.append(ReadingBatch(["a.power_kw"], np.array([1, 2]), np.zeros(1), np.zeros(1, np.uint8), "r"))
        with pytest.raises(HistoryError, match="clock"):
            store.append(ReadingBatch(["a.power_kw"], np.array([2**62]), np.zeros(1), np.zeros(1, np.uint8), "r"))
        store.append(batch(0))
        assert numbers_kept(store) == [0]
