"""The supervisor: keeps the workers running, hands them changed sites, and ends them all when it ends."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from types import FrameType
from typing import IO

from facility.errors import ConfigurationError
from facility.heartbeat import BEAT_S, Heartbeat
from facility.log import get_logger
from facility.ports import Clock
from facility.records import Event
from facility.service.channel import GRACE_S, Assignment
from facility.service.child import Child
from facility.service.events import record_event
from facility.service.site_watch import SiteWatch
from facility.site_file import LoadedSite
from facility.state import StateFolder

ROLES = ("poller", "planner", "trainer", "alarms", "dispatch", "api")
TICK_S = 0.5
SITE_LOOK_S = 2.0

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the API listens."""

    host: str
    port: int


class Supervisor:
    """Runs the workers of one site until it is told to stop."""

    def __init__(self, assignment: Assignment, clock: Clock, roles: Sequence[str] = ROLES) -> None:
        self._assignment = assignment
        self._clock = clock
        self._children = [Child(role) for role in roles]
        self._watch = SiteWatch(assignment.loaded)
        self._stop = threading.Event()

    def run(self) -> None:
        """Work until SIGTERM or Ctrl-C; no worker is left when this returns."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        heartbeat = Heartbeat(self._assignment.state, "supervisor", self._clock)
        next_look = next_beat = time.monotonic()
        try:
            while not self._stop.is_set():
                changes = [child.tend(self._assignment, self._clock.now()) for child in self._children]
                if time.monotonic() >= next_look:
                    self._look_at_site()
                    next_look = time.monotonic() + SITE_LOOK_S
                if any(changes) or time.monotonic() >= next_beat:
                    self._beat(heartbeat, "running")
                    next_beat = time.monotonic() + BEAT_S
                self._stop.wait(TICK_S)
        finally:
            self._end_all()
            self._beat(heartbeat, "stopped")

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stop.set()

    def _beat(self, heartbeat: Heartbeat, activity: str) -> None:
        workers = {child.role: child.report() for child in self._children}
        heartbeat.say(activity, workers=workers, site_revision=self._assignment.loaded.revision)

    def _look_at_site(self) -> None:
        before = self._assignment.loaded
        try:
            fresh = self._watch.look()
        except ConfigurationError as error:
            _log.error(
                "changed site file refused; the old one stays in force", reason=str(error), revision=before.revision
            )
            self._record("site.refused", reason=str(error))
            return
        if fresh is not None:
            _log.info("site file changed", revision=fresh.revision, before=before.revision)
            self._swap(fresh)
            self._record("site.reloaded", before=before.revision)

    def _record(self, kind: str, **detail: str) -> None:
        loaded = self._assignment.loaded
        event = Event(self._clock.now(), kind, loaded.site.id, "supervisor", {"revision": loaded.revision, **detail})
        record_event(loaded, self._assignment.state, event)

    def _swap(self, fresh: LoadedSite) -> None:
        before = self._assignment.loaded.site
        self._assignment = replace(self._assignment, loaded=fresh)
        if (fresh.site.history, fresh.site.journal) != (before.history, before.journal):
            self._end_all()  # other stores: the workers open them when they start again
            for child in self._children:
                child.due = None
            return
        for child in self._children:
            child.tell(fresh)

    def _end_all(self) -> None:
        for child in self._children:
            child.terminate()
        deadline = time.monotonic() + GRACE_S
        for child in self._children:
            child.wait(max(0.1, deadline - time.monotonic()))


def listen(address: Address) -> socket.socket:
    """Return the listening socket of the API; it outlives restarts of the api worker, and a taken port is told at once."""
    try:
        family, _, _, _, where = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen(128)
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {address.host} port {address.port}: {error.strerror}; choose another --port"
        ) from error
    return listener


def only_service(state: StateFolder, stack: ExitStack) -> IO[str]:
    """Hold the state folder: a second service on it would fight the first."""
    state.root.mkdir(parents=True, exist_ok=True)
    lock = stack.enter_context((state.root / "service.lock").open("a+", encoding="utf-8"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise ConfigurationError(
            f"{state.root} is served already, by process {lock.read().strip()}; stop that one first"
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock
