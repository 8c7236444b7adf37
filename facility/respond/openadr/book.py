"""What keeps the events of the grid, as a source of them sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from facility.grid_event import GridEvent


class EventBook(Protocol):
    """Keeps events durably; taking one that is known already changes nothing."""

    def known(self, source: str) -> Sequence[GridEvent]:
        """Return the events of a source as they are kept, each in its last revision."""
        ...

    def take(self, events: Sequence[GridEvent]) -> Sequence[object]:
        """Keep new events and new revisions, and return what became of each."""
        ...

    def answers(self, source: str) -> Mapping[str, bool]:
        """Return, by the ids of events, whether the site takes part; without those that nobody has answered yet."""
        ...
