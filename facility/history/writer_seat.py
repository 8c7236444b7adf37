"""The name under which the processes of a machine share the lease to write: that of the host, and of the state folder on it."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import suppress

from facility.history.hot_log import storage_errors
from facility.state import StateFolder


def holder_name(state: StateFolder) -> str:
    """Return the name, the same for all processes on a state folder; a folder that was copied to another host has another."""
    with storage_errors(f"state folder {state.root} cannot be used"):
        state.root.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            _make(state)
        return f"{socket.gethostname()}:{state.seat.read_text(encoding='ascii').strip()}"


def _make(state: StateFolder) -> None:
    """Make the name whole or not at all: of two processes that begin at once, one wins."""
    beside = state.seat.with_name(f"{state.seat.name}.{os.getpid()}.{secrets.token_hex(4)}")
    beside.write_text(secrets.token_hex(4), encoding="ascii")
    try:
        os.link(beside, state.seat)
    finally:
        beside.unlink()
