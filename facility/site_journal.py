"""Opens the journal of a site, and what is kept beside it, where its file says it is."""

from __future__ import annotations

from datetime import timedelta

from facility.history.issued_forecasts import IssuedForecasts
from facility.history.journal import SqlJournal, open_journal
from facility.history.journal_database import open_database
from facility.history.write_ledger import SqlWriteLedger
from facility.secrets import resolve_secret
from facility.site_file import LoadedSite
from facility.state import StateFolder


def open_site_journal(loaded: LoadedSite, state: StateFolder) -> SqlJournal:
    """Open the database that the site file names, or SQLite in the state folder."""
    return open_journal(_url(loaded), state)


def open_write_ledger(loaded: LoadedSite, state: StateFolder) -> SqlWriteLedger:
    """Open the ledger of writes, in the same database."""
    return SqlWriteLedger(open_database(_url(loaded), state), loaded.site.id, state.writing)


def open_forecast_archive(loaded: LoadedSite, state: StateFolder) -> IssuedForecasts:
    """Open the forecasts as they were issued, in the same database; they are kept as long as raw readings."""
    retention = timedelta(days=loaded.site.history.raw_retention_days)
    return IssuedForecasts(open_database(_url(loaded), state), loaded.site.id, retention)


def _url(loaded: LoadedSite) -> str | None:
    url = loaded.site.journal.url
    return resolve_secret(url).get_secret_value() if url else None
