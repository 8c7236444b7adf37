"""What is acknowledged and not in the table yet: how much, since when, and how much there may be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from facility.errors import StorageFullError
from facility.history.frame import first_frame

_MB = 1 << 20


@dataclass(frozen=True, slots=True)
class BacklogReport:
    """How far the table is behind."""

    waiting_bytes: int
    limit_bytes: int
    oldest: datetime | None  # time of the oldest reading that waits; None: the table has everything


@dataclass(slots=True)
class _Waiting:
    size: int
    oldest_us: int


class Backlog:
    """Counts by segment. The hot log changes it under its own lock; it may be read without."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self._waiting: dict[int, _Waiting] = {}

    def check(self) -> None:
        """Refuse more when the limit is reached: the rest of the disk is not ours to fill.

        Raises
        ------
        StorageFullError
            Naming the limit and what to do.
        """
        if self.size >= self.limit_bytes:
            raise StorageFullError(
                f"readings not stored: the hot log holds {self.size / _MB:.1f} MB that the table has not taken, and "
                f"history.hot_log_max_mb is {self.limit_bytes / _MB:g}; bring the table back, or raise the limit. Nothing "
                "acknowledged is lost"
            )

    @property
    def size(self) -> int:
        """Bytes that wait."""
        return sum(segment.size for segment in tuple(self._waiting.values()))

    def add(self, segment: int, size: int, oldest_us: int) -> None:
        """Count what was appended to a segment."""
        known = self._waiting.setdefault(segment, _Waiting(0, oldest_us))
        known.size += size
        known.oldest_us = min(known.oldest_us, oldest_us)

    def taken(self, through: int) -> None:
        """Forget the segments up to a number: the table has them."""
        self._waiting = {segment: waiting for segment, waiting in self._waiting.items() if segment > through}

    def report(self) -> BacklogReport:
        """Return how far the table is behind."""
        oldest_us = min((segment.oldest_us for segment in tuple(self._waiting.values())), default=None)
        oldest = None if oldest_us is None else datetime.fromtimestamp(oldest_us / 1e6, UTC)
        return BacklogReport(self.size, self.limit_bytes, oldest)


def recount(backlog: Backlog, files: Iterable[tuple[int, Path]]) -> None:
    """Count segments that an earlier process left."""
    for segment, path in files:
        backlog.add(segment, path.stat().st_size, _oldest_us(path, segment))


def _oldest_us(path: Path, segment: int) -> int:
    return int(first_frame(path, segment).time_us.min())
