"""What the API reads from: the present site, its history, journal and health; opened when first needed."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from facility.accounts.opening import Access, open_access
from facility.heartbeat import ProcessHealth, read_health
from facility.history.alarm_book import AlarmBook
from facility.history.journal import SqlJournal
from facility.history.telemetry import TelemetryStore
from facility.ports import Clock
from facility.records import Reading
from facility.site_alarms import open_alarm_book
from facility.site_file import LoadedSite
from facility.site_history import open_site_history
from facility.site_journal import open_site_journal
from facility.state import StateFolder

STORAGE_EVERY_S = 60.0  # a walk over a large table takes a while


@dataclass(frozen=True, slots=True)
class Storage:
    """What the state folder takes on its disk, and what is left there."""

    hot_log_bytes: int
    table_bytes: int | None  # None: the table is elsewhere
    free_bytes: int


class SiteView:
    """One site as the API sees it; safe to use from several threads."""

    def __init__(self, loaded: LoadedSite, state: StateFolder, clock: Clock) -> None:
        self.loaded = loaded
        self.state = state
        self.clock = clock
        self._lock = threading.Lock()
        self._telemetry: TelemetryStore | None = None
        self._journal: SqlJournal | None = None
        self._access: Access | None = None
        self._alarms: AlarmBook | None = None
        self._storage: tuple[float, Storage] | None = None

    def exchange(self, loaded: LoadedSite) -> None:
        """Take over a changed site; its stores are the same, or the supervisor would have started another process."""
        self.loaded = loaded

    def close(self) -> None:
        """Close what was opened."""
        with self._lock:
            for store in (self._telemetry, self._journal, self._access, self._alarms):
                if store is not None:
                    store.close()
            self._telemetry = self._journal = self._access = self._alarms = None

    @property
    def telemetry(self) -> TelemetryStore:
        """The site's history, to read."""
        with self._lock:
            if self._telemetry is None:
                self._telemetry = open_site_history(self.loaded, self.state, self.clock)
            return self._telemetry

    @property
    def journal(self) -> SqlJournal:
        """The site's journal; nothing in the API writes to it."""
        with self._lock:
            if self._journal is None:
                self._journal = open_site_journal(self.loaded, self.state)
            return self._journal

    @property
    def access(self) -> Access:
        """People and machines that may ask the site."""
        with self._lock:
            if self._access is None:
                self._access = open_access(self.loaded, self.state, self.clock)
            return self._access

    @property
    def alarms(self) -> AlarmBook:
        """The site's alarms; nothing in the API moves them yet."""
        with self._lock:
            if self._alarms is None:
                self._alarms = open_alarm_book(self.loaded, self.state)
            return self._alarms

    def latest(self) -> Mapping[str, Reading]:
        """Return the newest reading of each of the site's points that has one."""
        newest = self.telemetry.latest()
        return {point.id: newest[point.id] for point in self.loaded.points if point.id in newest}

    def processes(self, now: datetime) -> list[ProcessHealth]:
        """Return how the processes of the service are."""
        return read_health(self.state, now)

    def storage(self) -> Storage:
        """Return the use of the disk, at most a minute old."""
        with self._lock:
            if self._storage is None or time.monotonic() - self._storage[0] > STORAGE_EVERY_S:
                own_table = self.loaded.site.history.table_uri is None
                self._storage = (
                    time.monotonic(),
                    Storage(
                        hot_log_bytes=_size(self.state.hot_log),
                        table_bytes=_size(self.state.table) if own_table else None,
                        free_bytes=shutil.disk_usage(_existing(self.state.root)).free,
                    ),
                )
            return self._storage[1]


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:  # flushed or vacuumed meanwhile
            continue
    return total


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.absolute().parent)
