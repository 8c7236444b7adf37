"""Opens the journal of a site, and what is kept beside it, where its file says it is."""

from __future__ import annotations

from datetime import timedelta

from facility.history.dispatch_book import DispatchBook
from facility.history.issued_forecasts import IssuedForecasts
from facility.history.journal import SqlJournal, open_journal
from facility.history.journal_database import open_database
from facility.history.stand_in_book import StandInBook
from facility.history.switchback_book import SwitchbackBook
from facility.history.write_ledger import SqlWriteLedger
from facility.history.writer_lease import WriterLease
from facility.history.writer_seat import holder_name
from facility.secrets import resolve_secret
from facility.site_file import LoadedSite
from facility.state import StateFolder


def open_site_journal(loaded: LoadedSite, state: StateFolder) -> SqlJournal:
    """Open the database that the site file names, or SQLite in the state folder."""
    return open_journal(_url(loaded), state)


def open_write_ledger(loaded: LoadedSite, state: StateFolder) -> SqlWriteLedger:
    """Open the ledger of writes, in the same database."""
    engine = open_database(_url(loaded), state)
    lease = WriterLease(engine, loaded.site.id, holder_name(state))
    return SqlWriteLedger(engine, loaded.site.id, state.writing, lease)


def open_dispatch_book(loaded: LoadedSite, state: StateFolder) -> DispatchBook:
    """Open what is kept of dispatch, in the same database."""
    return DispatchBook(open_database(_url(loaded), state), loaded.site.id)


def open_writer_lease(loaded: LoadedSite, state: StateFolder) -> WriterLease:
    """Open this machine's claim to write to the site's devices, in the same database."""
    return WriterLease(open_database(_url(loaded), state), loaded.site.id, holder_name(state))


def open_switchback_book(loaded: LoadedSite, state: StateFolder) -> SwitchbackBook:
    """Open the switchbacks, in the same database."""
    return SwitchbackBook(open_database(_url(loaded), state), loaded.site.id)


def open_stand_in_book(loaded: LoadedSite, state: StateFolder) -> StandInBook:
    """Open the values that stand in for points, in the same database."""
    return StandInBook(open_database(_url(loaded), state), loaded.site.id)


def open_forecast_archive(loaded: LoadedSite, state: StateFolder) -> IssuedForecasts:
    """Open the forecasts as they were issued, in the same database; they are kept as long as raw readings."""
    retention = timedelta(days=loaded.site.history.raw_retention_days)
    return IssuedForecasts(open_database(_url(loaded), state), loaded.site.id, retention)


def _url(loaded: LoadedSite) -> str | None:
    url = loaded.site.journal.url
    return resolve_secret(url).get_secret_value() if url else None
