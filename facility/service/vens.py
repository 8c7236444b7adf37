"""The site's virtual end nodes (VENs): a thread for each OpenADR server of the settings; the heartbeat says how each stands.

A bug that ends one is told, and it is begun again: nothing that it knows has to outlive it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from facility.errors import FacilityError
from facility.history.grid_event_book import GridEventBook
from facility.log import get_logger
from facility.prepare.ven_measures import Sources, ven_measures
from facility.respond.openadr.doorbell import Doorbell
from facility.respond.openadr.settings import VenSettings
from facility.respond.openadr.ven import Turn, Ven
from facility.service.kept_running import keep_running
from facility.service.ven_book import VenBook
from facility.service.worker import Worker
from facility.site_history import open_site_history
from facility.site_journal import open_site_journal

_log = get_logger(__name__)


class VenStandings:
    """How each VEN stands, as it is told in the heartbeat."""

    def __init__(self, worker: Worker) -> None:
        self._worker, self._lock = worker, threading.Lock()
        self._said: dict[str, Mapping[str, Any]] = {}

    def begin(self, ven: VenSettings) -> None:
        """Say that a VEN has not heard of its server yet."""
        self._say(
            ven,
            began=self._now(),
            last_contact=None,
            last_error=None,
            broke=None,
            broker=None,
            not_joined=[],
            unread=[],
            poll_s=ven.poll_s,
        )

    def break_off(self, ven: VenSettings, error: Exception) -> None:
        """Say that a bug has ended the listening; the next reading that succeeds ends that."""
        _log.error("listening to a VTN broke off; it is begun again", ven=ven.name, exc_info=error)
        why = f"{type(error).__name__}: {error}"
        self._say(ven, last_error=f"a fault of ours, please report it: {why}", broke=why)

    def hear(self, ven: VenSettings, found: Turn | FacilityError) -> None:
        """Take what a reading brought; what is shown and not acted on is named."""
        if isinstance(found, FacilityError):
            self._say(ven, last_error=str(found))
            return
        others = sorted(found.not_joined)
        if others != self._said[ven.name]["not_joined"]:
            _log.info("programs of a VTN that the site has not joined", ven=ven.name, programs=others)
        unread = [f"{one.event_id} {one.payload}: {one.why}" for one in found.unread]
        self._say(
            ven,
            last_contact=self._now(),
            last_error=None,
            broke=None,
            broker=found.broker,
            not_joined=others,
            unread=unread,
        )

    def _say(self, ven: VenSettings, **detail: Any) -> None:
        with self._lock:
            self._said[ven.name] = {**self._said.get(ven.name, {"name": ven.name}), **detail}
            self._worker.heartbeat.note(vens=list(self._said.values()))

    def _now(self) -> str:
        return self._worker.clock.now().isoformat(timespec="seconds")


@contextmanager
def listening_to_vtns(worker: Worker, book: GridEventBook) -> Iterator[None]:
    """Listen meanwhile; without settings of a server nothing is opened."""
    if not book.settings.vens:
        worker.heartbeat.note(vens=[])
        yield
        return
    stop, standings = threading.Event(), VenStandings(worker)
    with (
        closing(open_site_history(worker.loaded, worker.state, worker.clock)) as telemetry,
        closing(open_site_journal(worker.loaded, worker.state)) as journal,
    ):
        sources = Sources(worker.loaded, telemetry, journal, book)
        threads = [_thread(ven, worker, sources, standings, stop) for ven in book.settings.vens]
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()


def _thread(
    ven: VenSettings, worker: Worker, sources: Sources, standings: VenStandings, stop: threading.Event
) -> threading.Thread:
    def listen() -> None:
        node = Ven(
            settings=ven,
            currency=worker.loaded.site.currency,
            book=VenBook(sources.book, worker.clock),
            measures=ven_measures(ven, sources),
            clock=worker.clock,
            bell=Doorbell(worker.state.openadr, ven.name),
            heard=lambda found: standings.hear(ven, found),
        )
        node.run(stop)

    standings.begin(ven)
    work = listen, stop, lambda error: standings.break_off(ven, error)
    thread = threading.Thread(target=keep_running, args=work, name=f"ven-{ven.name}", daemon=True)
    thread.start()
    return thread
