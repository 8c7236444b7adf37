"""The site's virtual end node at one VTN: it reads what is asked, and reports."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from facility.errors import FacilityError
from facility.grid_event import GridEvent, GridEventStanding
from facility.log import get_logger
from facility.ports import Clock
from facility.respond.openadr.book import EventBook
from facility.respond.openadr.broker import AtBroker
from facility.respond.openadr.changes import cancelled, changed, ended_early
from facility.respond.openadr.client import VtnClient
from facility.respond.openadr.doorbell import Doorbell
from facility.respond.openadr.enrolment import enrol, subscribe
from facility.respond.openadr.http_json import VtnError
from facility.respond.openadr.listing import Lister, Listing
from facility.respond.openadr.measures import Measures
from facility.respond.openadr.reading import Unread, event_id_of
from facility.respond.openadr.reporter import Reporter
from facility.respond.openadr.settings import VenSettings
from facility.respond.openadr.targets import labels_of

LISTEN_S = 0.5
KNOWN_FOR = timedelta(hours=1)
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one reading of the VTN brought: what has changed, what the book said to each, and what is not acted on.

    `not_joined` are programs that the VTN shows us and that the settings do not have; `broker` is why nothing is heard there.
    """

    events: Sequence[GridEvent] = ()
    outcomes: Sequence[object] = ()
    unread: Sequence[Unread] = ()
    reports: int = 0
    not_joined: frozenset[str] = frozenset()
    broker: str | None = None


@dataclass(slots=True)
class Ven:
    """One VEN; used by one thread. Nothing here outlives it: what is asked is the VTN's, what is known the book's."""

    settings: VenSettings
    currency: str
    book: EventBook
    measures: Mapping[str, Measures]  # by the names of resources
    clock: Clock
    bell: Doorbell
    heard: Callable[[Turn | FacilityError], None] = lambda _: None  # is told what each turn brought
    _client: VtnClient = field(init=False)
    _reporter: Reporter = field(init=False)
    _lister: Lister = field(init=False)
    _broker: AtBroker = field(init=False)
    _us: str = ""  # as the VTN calls us
    _labels: frozenset[str] = frozenset()
    _known_until: datetime | None = None
    _subscribed: frozenset[str] | None = None
    _said: frozenset[Unread] = frozenset()

    def __post_init__(self) -> None:
        self._client = VtnClient(self.settings, self.clock)
        self._lister = Lister(self.settings, self._client, self.currency)
        self._reporter = Reporter(self.settings, self._client, self.measures)
        self._broker = AtBroker(self.settings, self._client, self.bell)

    def turn(self) -> Turn:
        """Read what is asked, hand on what has changed, and make the reports that are due.

        Raises
        ------
        VtnError
            If the VTN does not answer or refuses; nothing is changed then, and nothing cancelled.
        """
        now = self.clock.now()
        self._stay_known(now)
        known = self.book.known(self.settings.source)
        live = [each for each in known if each.standing is GridEventStanding.STANDING and each.end > now]
        kept = list(dict.fromkeys(event_id_of(each.id) for each in live))
        programs = self._lister.programs(self._labels)
        self._stay_subscribed(frozenset(programs))  # first: of what is made from now on we are told
        self._broker.stay(self._us, frozenset(programs))
        listing = self._lister.read(programs, self._labels, kept, now)
        told = [event for each in listing.told.values() for event in each.events]
        ended = ended_early(live, told, now)
        coming = [event for event in told if event.end > now or event.id in ended]
        events = [*changed(known, coming), *cancelled(known, {event.id for event in coming}, now)]
        outcomes = self.book.take(events) if events else ()
        self._say_unread(listing)
        reports = self._reporter.report(listing, self.book.answers(self.settings.source), now)
        return Turn(events, outcomes, listing.unread, reports, self._lister.not_joined, self._broker.why_not)

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop: at each ring of the bell, and at least each `poll_s`."""
        with closing(self._broker):
            while not stop.is_set():
                rung = self.bell.last_rung_ns()  # before reading: a ring meanwhile is another turn
                self.heard(self._try_turn())
                until = time.monotonic() + self.settings.poll_s
                while not stop.wait(LISTEN_S) and time.monotonic() < until and self.bell.last_rung_ns() == rung:
                    pass

    def _try_turn(self) -> Turn | FacilityError:
        try:
            found = self.turn()
        except FacilityError as error:
            _log.warning("VTN not read", ven=self.settings.name, reason=str(error))
            return error
        for event in found.events:
            _log.info("grid event", id=event.id, revision=event.revision, standing=event.standing, source=event.source)
        return found

    def _stay_known(self, now: datetime) -> None:
        """Register, and look now and then whether we still are, and which labels we are given."""
        if self._known_until is None or now >= self._known_until:
            self._us, granted = enrol(self.settings, self._client)
            self._labels = labels_of(self.settings, granted)
            self._known_until, self._subscribed = now + KNOWN_FOR, None
            self._broker.forget()

    def _stay_subscribed(self, programs: frozenset[str]) -> None:
        if self._subscribed == programs:
            return
        self._subscribed = programs
        try:
            subscribe(self.settings, self._client, self.bell, programs)
        except VtnError as error:
            _log.warning("VTN takes no subscription; it is polled", ven=self.settings.name, reason=str(error))

    def _say_unread(self, listing: Listing) -> None:
        """Log what is not acted on, once as long as it is there."""
        found = frozenset(listing.unread)
        for each in sorted(found - self._said, key=repr):
            _log.warning("grid event not read", id=each.event_id, payload=each.payload, reason=each.why)
        self._said = found
