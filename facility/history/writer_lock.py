"""One process writes readings: it holds a lock on a file of the state folder for as long as it lives."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from facility.errors import HistoryError
from facility.history.hot_log import storage_errors


class WriterLock:
    """Held from construction to `release`; the system releases it when the process dies."""

    def __init__(self, path: Path) -> None:
        with storage_errors(f"state folder {path.parent} cannot be used"):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.pread(self._descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
                os.close(self._descriptor)
                raise HistoryError(
                    f"history in {path.parent} is written by process {holder}; stop it, or use another --state folder"
                ) from None
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Let another process write."""
        os.close(self._descriptor)
