"""Opens the alarms of a site, in the database of its journal."""

from __future__ import annotations

from facility.history.alarm_book import AlarmBook
from facility.history.alarm_outbox import AlarmOutbox
from facility.history.journal_database import open_database
from facility.secrets import resolve_secret
from facility.site_file import LoadedSite
from facility.state import StateFolder


def open_alarm_book(loaded: LoadedSite, state: StateFolder) -> AlarmBook:
    """Open the alarms and how they came to their states."""
    return AlarmBook(open_database(_url(loaded), state), loaded.site.id)


def open_alarm_outbox(loaded: LoadedSite, state: StateFolder) -> AlarmOutbox:
    """Open the notices that wait to be taken."""
    return AlarmOutbox(open_database(_url(loaded), state), loaded.site.id)


def _url(loaded: LoadedSite) -> str | None:
    url = loaded.site.journal.url
    return resolve_secret(url).get_secret_value() if url else None
