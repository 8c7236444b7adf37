"""The channel from the supervisor to a worker: an inherited socket pair that carries the site, and whose end ends the worker.

Objects are pickled, which is safe here: both ends are our own processes and nobody else holds the socket. A closed channel is
seen on Linux and macOS alike, also after kill -9 of the supervisor.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection

from facility.log import LogFormat
from facility.service.entrance import LOCAL, Entrance
from facility.site_file import LoadedSite
from facility.state import StateFolder

GRACE_S = 8.0  # a worker that has not ended so long after it was told to is killed


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a worker needs to start."""

    loaded: LoadedSite
    state: StateFolder
    log_format: LogFormat
    socket_fd: int | None = None  # the listening socket, for the api
    entrance: Entrance = LOCAL


def follow(channel: Connection, on_site: Callable[[LoadedSite], None]) -> None:
    """Start a thread that hands over each new site, and ends this process when the supervisor is gone."""
    threading.Thread(target=_follow, args=(channel, on_site), name="channel", daemon=True).start()


def _follow(channel: Connection, on_site: Callable[[LoadedSite], None]) -> None:
    try:
        while True:
            on_site(channel.recv())
    except (EOFError, OSError):
        pass  # the supervisor is gone
    finally:  # also after a fault of ours: a worker that no longer listens must not live on
        last = threading.Timer(GRACE_S, os._exit, [1])
        last.daemon = True
        last.start()
        os.kill(os.getpid(), signal.SIGTERM)
