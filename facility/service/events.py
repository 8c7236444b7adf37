"""Events that processes of the service write to the journal; a journal that refuses does not stop them."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import closing

from facility.errors import FacilityError
from facility.log import get_logger
from facility.records import Event
from facility.site_file import LoadedSite
from facility.site_journal import open_site_journal
from facility.state import StateFolder

_log = get_logger(__name__)


def record_event(loaded: LoadedSite, state: StateFolder, event: Event) -> None:
    """Append an event to the site's journal, which is opened for it: events of the service are rare."""
    record_events(loaded, state, [event])


def record_events(loaded: LoadedSite, state: StateFolder, events: Sequence[Event]) -> None:
    """Append events to the site's journal, which is opened once for them; those that it refuses are logged."""
    waiting = deque(events)
    try:
        with closing(open_site_journal(loaded, state)) as journal:
            while waiting:
                journal.append(waiting[0])
                waiting.popleft()
    except FacilityError as error:
        kinds = sorted({event.kind for event in waiting})
        _log.error("events not journaled", number=len(waiting), event_kinds=kinds, reason=str(error))
