"""What a VTN has for us now: its programs and events, read as a whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote

from pydantic import ValidationError

from facility.respond.openadr.client import Json, VtnClient
from facility.respond.openadr.entities import Event, Program
from facility.respond.openadr.http_json import VtnError
from facility.respond.openadr.reading import Told, Unread, read_event
from facility.respond.openadr.settings import VenSettings
from facility.respond.openadr.targets import means_us

E = TypeVar("E", Event, Program)
GONE = (403, 404)  # also what we may not see any longer


@dataclass(slots=True)
class Listing:
    """Programs and events by their ids, what each event is to the site, and what could not be read."""

    programs: Mapping[str, Program]
    events: dict[str, Event] = field(default_factory=dict)
    told: dict[str, Told] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)


class Lister:
    """Reads the lists of one VTN, for one VEN."""

    def __init__(self, ven: VenSettings, client: VtnClient, currency: str) -> None:
        self._ven, self._client, self._currency = ven, client, currency
        self.not_joined: frozenset[str] = frozenset()  # programs that were shown to us and that we do not take part in

    def read(
        self, programs: Mapping[str, Program], labels: Collection[str], kept: Sequence[str], now: datetime
    ) -> Listing:
        """Return what is there. `kept` are ids of events that the site still goes by: one not in the list is asked for by itself.

        A list that changes while its pages are read may leave one out; that alone cancels nothing.

        Raises
        ------
        VtnError
            If the VTN does not give the whole of it.
        """
        listing = Listing(programs)
        for each in self._client.all("/events", self._query()):
            self._add(listing, each, labels, now)
        for event_id in kept:
            if event_id not in listing.events:
                self._add_by_itself(listing, event_id, labels, now)
        return listing

    def programs(self, labels: Collection[str]) -> Mapping[str, Program]:
        """Return the programs that the site has joined, by their ids."""
        found: dict[str, Program] = {}
        others: set[str] = set()
        for each in self._client.all("/programs", self._query()):
            program = _valid(Program, each)
            if not isinstance(program, Program) or not means_us(program.targets, labels):
                continue
            if self._joined(program):
                found[program.id] = program
            else:
                others.add(program.program_name)
        self.not_joined = frozenset(others)
        return found

    def _joined(self, program: Program) -> bool:
        return not self._ven.programs or program.program_name in self._ven.programs

    def _query(self) -> Mapping[str, list[str]]:
        # 3.0.1 filters by one type of target at a time: there we filter ourselves.
        return {"targets": list(self._ven.targets)} if self._ven.targets and self._ven.standard == "3.1.0" else {}

    def _add_by_itself(self, listing: Listing, event_id: str, labels: Collection[str], now: datetime) -> None:
        try:
            found = self._client.get(f"/events/{quote(event_id, safe='')}")
        except VtnError as error:
            if error.status not in GONE:
                raise
            return
        if isinstance(found, dict):
            self._add(listing, found, labels, now)

    def _add(self, listing: Listing, told: Json, labels: Collection[str], now: datetime) -> None:
        program = listing.programs.get(str(told.get("programID")))
        if program is None:
            return
        event = _valid(Event, told)
        if isinstance(event, str):
            listing.unread.append(Unread(str(told.get("id", ""))[:128], "", event))
        elif means_us(event.targets, labels):
            listing.events[event.id] = event
            found = read_event(event, program, self._ven, self._currency, now)
            listing.told[event.id] = found
            if not found.laid or max(laid.end for laid in found.laid) > now:  # of what is over nobody needs to hear
                listing.unread += found.unread


def _valid(kind: type[E], told: Json) -> E | str:
    """Return the entity, or what is wrong with it; a value is not repeated."""
    try:
        return kind.model_validate(told)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
