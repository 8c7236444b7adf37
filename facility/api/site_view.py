"""What the API reads from: the present site, its history, journal and health; opened when first needed."""

from __future__ import annotations

import math
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from facility.accounts.opening import Access, open_access
from facility.api.newest import NewestReadings
from facility.api.offer_desk import OfferDesk
from facility.dispatch.desk import DispatchDesk
from facility.errors import JournalError
from facility.heartbeat import ProcessHealth, read_health
from facility.history.alarm_book import AlarmBook
from facility.history.audit_trail import AuditTrail
from facility.history.grid_event_book import GridEventBook
from facility.history.issued_forecasts import IssuedForecasts
from facility.history.journal import SqlJournal
from facility.history.plan_archive import PlanArchive
from facility.history.review_book import ReviewBook
from facility.history.stand_in_book import StandInBook
from facility.history.telemetry import TelemetryStore
from facility.log import get_logger
from facility.ports import Clock
from facility.records import Reading
from facility.site_alarms import open_alarm_book
from facility.site_audit import open_audit_trail
from facility.site_file import LoadedSite
from facility.site_history import open_site_history
from facility.site_journal import open_forecast_archive, open_site_journal, open_stand_in_book
from facility.site_respond import open_grid_event_book
from facility.site_review import open_plan_archive, open_review_book
from facility.stand_ins import StandIn
from facility.state import StateFolder


class Closable(Protocol):
    """A store."""

    def close(self) -> None:
        """Close its connections."""


S = TypeVar("S", bound=Closable)
STORAGE_EVERY_S = 60.0  # a walk over a large table takes a while
_log = get_logger(__name__)


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
        self._newest = NewestReadings(state.hot_log)
        self._stores: dict[type, Closable] = {}
        self._storage: tuple[float, Storage] | None = None
        self._standing_in: Sequence[StandIn] = ()
        self._kept: dict[str, tuple[float, Any]] = {}
        self._keeping = threading.Lock()

    def exchange(self, loaded: LoadedSite) -> None:
        """Take over a changed site; its stores are the same, or the supervisor would have started another process."""
        self.loaded = loaded
        with self._lock:
            # Those that go by more than where the stores are.
            old = [self._stores.pop(kind, None) for kind in (DispatchDesk, GridEventBook, OfferDesk)]
        for store in old:
            if store is not None:
                store.close()
        with self._keeping:
            self._kept.clear()

    def close(self) -> None:
        """Close what was opened."""
        with self._lock:
            for store in self._stores.values():
                store.close()
            self._stores = {}

    @property
    def telemetry(self) -> TelemetryStore:
        """The site's history, to read."""
        return self._store(TelemetryStore, lambda: open_site_history(self.loaded, self.state, self.clock))

    @property
    def journal(self) -> SqlJournal:
        """The site's journal, to read."""
        return self._store(SqlJournal, lambda: open_site_journal(self.loaded, self.state))

    @property
    def access(self) -> Access:
        """People and machines that may ask the site."""
        return self._store(Access, lambda: open_access(self.loaded, self.state, self.clock))

    @property
    def alarms(self) -> AlarmBook:
        """The site's alarms."""
        return self._store(AlarmBook, lambda: open_alarm_book(self.loaded, self.state))

    @property
    def reviews(self) -> ReviewBook:
        """The site's recommendations, to read and to decide about."""
        return self._store(ReviewBook, lambda: open_review_book(self.loaded, self.state))

    @property
    def plans(self) -> PlanArchive:
        """The site's plans as they were made."""
        return self._store(PlanArchive, lambda: open_plan_archive(self.loaded, self.state))

    @property
    def forecasts(self) -> IssuedForecasts:
        """The site's forecasts as they were issued, to read."""
        return self._store(IssuedForecasts, lambda: open_forecast_archive(self.loaded, self.state))

    @property
    def audit(self) -> AuditTrail:
        """The events of the site's journal, with their places in the chain."""
        return self._store(AuditTrail, lambda: open_audit_trail(self.loaded, self.state))

    @property
    def dispatch(self) -> DispatchDesk:
        """What acts on the site's plant, and tells of that."""
        return self._store(DispatchDesk, lambda: DispatchDesk(self.loaded, self.state, self.clock))

    @property
    def grid_events(self) -> GridEventBook:
        """What the grid asks of the site."""
        return self._store(GridEventBook, lambda: open_grid_event_book(self.loaded, self.state))

    @property
    def stand_ins(self) -> StandInBook:
        """The values that stand in for what sensors do not tell."""
        return self._store(StandInBook, lambda: open_stand_in_book(self.loaded, self.state))

    @property
    def offers(self) -> OfferDesk:
        """What makes offers to the grid."""
        return self._store(OfferDesk, lambda: OfferDesk(self.loaded, self.state))

    def _store(self, kind: type[S], open_: Callable[[], S]) -> S:
        """Return the store of a kind, opened when it is first asked for."""
        with self._lock:
            found = self._stores.get(kind)
            if not isinstance(found, kind):
                found = self._stores[kind] = open_()
            return found

    def latest(self) -> Mapping[str, Reading]:
        """Return the newest reading of each of the site's points that has one."""
        return self._newest.read(self.telemetry, self.loaded.points)

    def standing_in(self, now: datetime) -> Mapping[str, StandIn]:
        """Return what stands in now, by point; while the journal is away, of what was last read there."""
        try:
            self._standing_in = self.stand_ins.holding(now)
        except JournalError as error:  # readings are shown on, and none that is doubted without its mark
            _log.warning("stand-ins not read; those last known are shown", reason=str(error))
        return {one.point: one for one in self._standing_in if one.holds(now)}

    def kept(self, name: str, for_s: float, make: Callable[[], Any]) -> Any:
        """Return what is slow to make, made anew when it is older than this; who asks meanwhile waits for the same."""
        with self._keeping:
            at, found = self._kept.get(name, (-math.inf, None))
            if time.monotonic() - at > for_s:
                found = make()
                self._kept[name] = time.monotonic(), found
            return found

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
