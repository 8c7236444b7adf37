"""Heads of the audit trail as they were exported: a line a day, in a file a year, only ever appended to.

A line names the last event and its hash. Copied off this machine, it shows later whether the trail was cut off or made anew.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from facility.errors import JournalError
from facility.history.audit_chain import Head
from facility.state import StateFolder


class ExportedHeads:
    """The files in `audit_heads/` of the state folder."""

    def __init__(self, state: StateFolder) -> None:
        self.folder: Path = state.root / "audit_heads"

    def newest(self) -> datetime | None:
        """Return when the last head was exported, if one was; a line that a power loss tore does not count."""
        try:
            for path in sorted(self.folder.glob("*.txt"), reverse=True):
                times = [_time(line) for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
                if known := [time for time in times if time is not None]:
                    return known[-1]
        except OSError as error:
            raise JournalError(f"exported heads in {self.folder} cannot be read: {error.strerror}") from error
        return None

    def append(self, head: Head, at: datetime) -> None:
        """Add a line, durably."""
        path = self.folder / f"{at.year}.txt"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with path.open("a+b") as file:
                torn = file.seek(0, os.SEEK_END) > 0 and not _ends_line(file.fileno())
                file.write(("\n" if torn else "").encode() + f"{at.isoformat(timespec='seconds')} {head}\n".encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise JournalError(f"head of the audit trail not written to {path}: {error.strerror}") from error


def _ends_line(descriptor: int) -> bool:
    return os.pread(descriptor, 1, os.fstat(descriptor).st_size - 1) == b"\n"


def _time(line: str) -> datetime | None:
    at, _, head = line.partition(" ")
    try:
        return datetime.fromisoformat(at) if len(head.partition(":")[2]) == 64 else None
    except ValueError:
        return None
