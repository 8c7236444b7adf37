"""The hot log: readings are acknowledged once they are here, fsynced.

A folder of segments named by number. The writer appends frames to the newest; a flush closes it, brings closed segments into the
table and drops those that the table has held since the flush before. Other processes read the same files.
"""

from __future__ import annotations

import errno
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import structlog

from facility.errors import HistoryError, StorageFullError
from facility.history.backlog import Backlog, BacklogReport, recount
from facility.history.frame import FrameReader, FrameWriter
from facility.history.rows import Rows, concat
from facility.records import ReadingBatch

_log = structlog.stdlib.get_logger(__name__)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# A segment, and what goes into the table in one commit: this bounds the memory of a flush, also after the table was away for long.
FLUSH_BYTES = 16 << 20
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def segments(folder: Path) -> list[int]:
    """Return the numbers of the segments in a folder, oldest first."""
    return sorted(int(path.stem) for path in folder.glob("*.log"))


def segment_path(folder: Path, segment: int) -> Path:
    """Return where a segment is kept."""
    return folder / f"{segment:012d}.log"


def read_segment(folder: Path, segment: int) -> Rows:
    """Return the acknowledged rows of a segment."""
    reader = FrameReader(segment)
    frames = list(reader.read(memoryview(segment_path(folder, segment).read_bytes())))
    return concat([replace(frame, points=reader.points) for frame in frames])  # later frames name more, none otherwise


def fsync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def storage_errors(doing: str) -> Iterator[None]:
    """Turn errors of the file system into ours, which say whether the disk is full."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise StorageFullError(
                f"{doing}: {error.strerror}; free some space, nothing acknowledged is lost"
            ) from error
        raise HistoryError(f"{doing}: {in_one_line(error)}") from error


def in_one_line(error: Exception) -> str:
    """Return the text of an error without the colours and line breaks that Delta gives it."""
    return " ".join(_COLOUR.sub("", str(error)).split())


def recover(folder: Path, quarantine: Path) -> None:
    """Cut what follows the last whole frame of each segment: a write that was never acknowledged.

    The bytes cut are kept in `quarantine`, so that damage to a disk is not mistaken for a torn write and thrown away.
    """
    for segment in segments(folder):
        path = segment_path(folder, segment)
        data = path.read_bytes()
        reader = FrameReader(segment)
        frames = sum(1 for _ in reader.read(memoryview(data)))
        if frames and reader.offset == len(data):
            continue
        quarantine.mkdir(parents=True, exist_ok=True)
        (quarantine / f"{path.name}.tail").write_bytes(data[reader.offset :])
        with path.open("r+b") as file:
            file.truncate(reader.offset)
            os.fsync(file.fileno())
        if not frames:
            path.unlink()
        _log.warning("hot log: torn tail cut", segment=path.name, frames=frames, bytes=len(data) - reader.offset)


class HotLog:
    """The writer's end. One process writes; its threads may share it.

    `flushed` is the last segment that the table has; what comes after it may take `limit_bytes`.
    """

    def __init__(self, folder: Path, next_segment: int, *, flushed: int = -1, limit_bytes: int = 1 << 32) -> None:
        self._folder = folder
        self._backlog = Backlog(limit_bytes)
        recount(self._backlog, ((each, segment_path(folder, each)) for each in segments(folder) if each > flushed))
        self._next = max([next_segment, *(segment + 1 for segment in segments(folder))])
        self._lock = threading.Lock()
        self._descriptor: int | None = None
        self._size = 0
        self._frames = FrameWriter()

    def append(self, batch: ReadingBatch) -> None:
        """Store a batch durably: when this returns, it is acknowledged.

        Raises
        ------
        StorageFullError
            If there is no space left, or the table has not taken as much as the limit allows; nothing of the batch is kept,
            and later appends work once there is space.
        """
        with self._lock, storage_errors("readings not stored"):
            self._backlog.check()
            try:
                if self._descriptor is None:
                    self._open()
                written = self._write(self._frames.encode(batch))
            except BaseException:  # an interrupt too must leave no partial frame
                self._undo()
                raise
            self._backlog.add(self._next - 1, written, int(batch.time_us.min()))
            if self._size >= FLUSH_BYTES:
                self._close()  # the next one begins another segment

    def taken(self, through: int) -> None:
        """Note that the table has the segments up to a number: they no longer count against the limit."""
        with self._lock:
            self._backlog.taken(through)

    def backlog(self) -> BacklogReport:
        """Return how far the table is behind; without the lock, which is held while a slow disk syncs."""
        return self._backlog.report()

    def roll(self) -> list[int]:
        """Close the segment in use and return all closed segments, oldest first."""
        with self._lock:
            self._close()
            return segments(self._folder)

    def reserve(self) -> int:
        """Return a segment number for rows that go to the table without passing here."""
        with self._lock:
            self._close()
            self._next += 1
            return self._next - 1

    @property
    def last(self) -> int:
        """The highest number given to a segment so far."""
        return self._next - 1

    def drop(self, through: int) -> None:
        """Remove the segments up to a number; the table holds them."""
        for segment in segments(self._folder):
            if segment <= through:
                segment_path(self._folder, segment).unlink(missing_ok=True)

    def close(self) -> None:
        """Close the segment in use."""
        with self._lock:
            self._close()

    def _open(self) -> None:
        path = segment_path(self._folder, self._next)
        self._descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o640)
        self._next += 1
        self._size = 0
        self._frames = FrameWriter()
        fsync_folder(self._folder)

    def _write(self, pieces: list[bytes | memoryview]) -> int:
        assert self._descriptor is not None
        for piece in pieces:
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        os.fsync(self._descriptor)
        written = sum(len(piece) for piece in pieces)
        self._size += written
        return written

    def _undo(self) -> None:
        # After a failed fsync the kernel may have dropped what it could not write, so this segment is not trusted with more.
        if self._descriptor is None:
            return
        try:
            os.ftruncate(self._descriptor, self._size)
            os.fsync(self._descriptor)
            if not self._size:
                segment_path(self._folder, self._next - 1).unlink()
        finally:
            self._close()

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class HotLogTail:
    """Another process's end: remembers how far it has read, and yields what came since."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._readers: dict[int, FrameReader] = {}

    def poll(self) -> tuple[Iterator[Rows], bool]:
        """Return the rows appended since the last call, read as they are asked for, and whether some were dropped unread."""
        present = segments(self._folder)
        newest_seen = max(self._readers, default=None)
        missed = newest_seen is not None and newest_seen not in present
        self._readers = {segment: self._readers.get(segment) or FrameReader(segment) for segment in present}
        return (part for segment, reader in self._readers.items() for part in self._read_on(segment, reader)), missed

    def _read_on(self, segment: int, reader: FrameReader) -> Iterator[Rows]:
        try:
            with segment_path(self._folder, segment).open("rb") as file:
                start = file.seek(reader.offset)
                data = file.read()
        except FileNotFoundError:  # dropped since the folder was listed; the next call tells
            return
        yield from reader.read(memoryview(data), start)
