"""Events that processes of the service write to the journal; a journal that refuses does not stop them."""

from __future__ import annotations

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
    try:
        with closing(open_site_journal(loaded, state)) as journal:
            journal.append(event)
    except FacilityError as error:
        _log.error("event not journaled", event_kind=event.kind, reason=str(error))
