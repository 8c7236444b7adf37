"""Small files of the state folder: replaced as a whole and durably, and held by one process while it works on them."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from facility.errors import HistoryError
from facility.history.hot_log import fsync_folder, storage_errors


def replace_whole(path: Path, text: str) -> None:
    """Replace a file: whoever reads it, also after a loss of power, sees all of the old or all of the new text."""
    fresh = path.with_suffix(".new")
    with storage_errors(f"{path} cannot be written"):
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        fsync_folder(path.parent)


@contextmanager
def held(path: Path, refusal: str) -> Iterator[None]:
    """Hold a file until the block ends; the system lets go of it when the process is killed.

    Raises
    ------
    HistoryError
        With the refusal, if another process holds it.
    """
    with storage_errors(f"folder {path.parent} cannot be used"):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o640)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HistoryError(refusal) from None
        yield
    finally:
        os.close(descriptor)
