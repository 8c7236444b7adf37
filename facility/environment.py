"""Everything one cycle works with, opened once: the site, its state, its history and journal, its signals and the clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from facility.history.journal import SqlJournal, open_journal
from facility.history.telemetry import open_telemetry
from facility.model_store import ModelStore
from facility.ports import Clock, Journal, Signals, Telemetry
from facility.secrets import resolve_secret
from facility.signals.outlook import SiteSignals
from facility.site_file import LoadedSite
from facility.state import StateFolder


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """Return the present time."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Environment:
    """What a cycle reads from and writes to."""

    loaded: LoadedSite
    telemetry: Telemetry
    journal: Journal
    signals: Signals
    models: ModelStore
    clock: Clock


@contextmanager
def open_environment(loaded: LoadedSite, state: StateFolder, clock: Clock) -> Iterator[Environment]:
    """Open a site's history (to read) and journal (to write), and close them again."""
    store = loaded.site.history
    telemetry = open_telemetry(
        state, table_uri=store.table_uri, raw_retention_days=store.raw_retention_days, read_only=True, clock=clock
    )
    journal = open_site_journal(loaded, state)
    try:
        signals = SiteSignals(loaded, telemetry)
        yield Environment(loaded, telemetry, journal, signals, ModelStore(state.models), clock)
    finally:
        journal.close()
        telemetry.close()


def open_site_journal(loaded: LoadedSite, state: StateFolder) -> SqlJournal:
    """Open the journal that the site file names, or SQLite in the state folder."""
    url = loaded.site.journal.url
    return open_journal(resolve_secret(url).get_secret_value() if url else None, state)
