"""The site's book of events as one VEN sees it.

A VTN shows an event as long as it is there: one that the site does not take is remembered, so that the audit has it once and
not at each reading, and its VTN is told that the site takes no part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from facility.grid_event import GridEvent, GridEventStanding
from facility.history.grid_event_book import GridEventBook
from facility.ports import Clock
from facility.respond.arrival import judged
from facility.respond.event_state import TELLING, KeptEvent, Opt
from facility.respond.reception import REFUSED, Outcome, Reception

KNOWN_FOR = timedelta(days=7)  # after an event is over: so long its VTN may still show it
_DECLINED = frozenset({Outcome.LATE, Outcome.NOT_PERMITTED, Outcome.MALFORMED})


class VenBook:
    """An `EventBook` for one VEN; used by its thread."""

    def __init__(self, book: GridEventBook, clock: Clock) -> None:
        self._book, self._clock = book, clock
        self._refused: dict[str, tuple[GridEvent, Outcome]] = {}

    def known(self, source: str) -> Sequence[GridEvent]:
        """Return the events that are kept, and those that were refused and would be again."""
        kept = self._kept(source)
        self._refused = {
            name: (event, outcome)
            for name, (event, outcome) in self._refused.items()
            if judged(kept.get(name), event, self._book.settings, self._clock.now())[1].outcome is outcome
        }
        refused = {name: event for name, (event, _) in self._refused.items()}
        return list({**{name: one.event for name, one in kept.items()}, **refused}.values())

    def take(self, events: Sequence[GridEvent]) -> Sequence[Reception]:
        """Give events to the book, and return what became of each."""
        now = self._clock.now()
        kept = {name for source in {event.source for event in events} for name in self._kept(source)}
        gone = {event.id for event in events if self._is_gone(event) and event.id not in kept}
        given = [event for event in events if event.id not in gone]
        found = {event.id: one for event, one in zip(given, self._book.receive(given, now), strict=True)}
        for event in events:
            self._refused.pop(event.id, None)
            if event.id in found and found[event.id].outcome in REFUSED:
                self._refused[event.id] = event, found[event.id].outcome
        return [found.get(event.id) or Reception(Outcome.CANCELLED, now) for event in events]

    def answers(self, source: str) -> Mapping[str, bool]:
        """Return whether the site takes part in what asks something of it."""
        declined = {
            name: False
            for name, (event, outcome) in self._refused.items()
            if outcome in _DECLINED and event.kind not in TELLING
        }
        return declined | {
            name: one.answer.opt is Opt.IN
            for name, one in self._kept(source).items()
            if one.answer is not None and one.event.kind not in TELLING
        }

    def _is_gone(self, event: GridEvent) -> bool:
        return event.standing is GridEventStanding.CANCELLED and event.id in self._refused

    def _kept(self, source: str) -> dict[str, KeptEvent]:
        return {one.event.id: one for one in self._book.of_source(source, self._clock.now() - KNOWN_FOR)}
