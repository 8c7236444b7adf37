"""One write at a time per device: a lock on a file of the state folder, which the system releases when the process dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from facility.errors import WriteRefusedError
from facility.history.hot_log import storage_errors


@contextmanager
def device_held(folder: Path, device: str) -> Iterator[None]:
    """Hold a device for writing until the block ends.

    Raises
    ------
    WriteRefusedError
        If another holder, in this process or another, writes to it.
    """
    with storage_errors(f"folder {folder} cannot be used"):
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / f"{device}.lock", os.O_RDWR | os.O_CREAT, 0o640)
    try:
        _lock(descriptor, device)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, device: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
        raise WriteRefusedError(f"process {holder} is writing to {device}; try again when it has finished") from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
