"""Whose turn it is to act on the plant: one pass of the service, or one command. The system frees it when its holder dies."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager

from facility.history.hot_log import storage_errors
from facility.state import StateFolder

LOOK_S = 0.1


@contextmanager
def turn(state: StateFolder, wait_s: float) -> Iterator[bool]:
    """Wait for the turn; yields whether it came, so that whoever must act without it can say so."""
    with storage_errors(f"{state.root} cannot be used"):
        state.root.mkdir(parents=True, exist_ok=True)
        lock = (state.root / "dispatch.lock").open("a")
    with lock:
        yield _locked(lock.fileno(), time.monotonic() + wait_s)


def _locked(descriptor: int, until_s: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until_s:
                return False
            time.sleep(LOOK_S)
        else:
            return True
