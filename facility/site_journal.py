"""Opens the journal of a site where its file says it is."""

from __future__ import annotations

from facility.history.journal import SqlJournal, open_journal
from facility.secrets import resolve_secret
from facility.site_file import LoadedSite
from facility.state import StateFolder


def open_site_journal(loaded: LoadedSite, state: StateFolder) -> SqlJournal:
    """Open the database that the site file names, or SQLite in the state folder."""
    url = loaded.site.journal.url
    return open_journal(resolve_secret(url).get_secret_value() if url else None, state)
