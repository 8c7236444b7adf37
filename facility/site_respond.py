"""Opens what the grid asks of a site, in the database of its journal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine

from facility.history.dead_letters import DeadLetters
from facility.history.grid_event_book import GridEventBook
from facility.history.journal_database import open_database
from facility.history.workload_book import read_carried_out
from facility.respond.settings import HOOK, RespondSettings, load_settings
from facility.respond.workload.failed import kept_awake
from facility.secrets import resolve_secret
from facility.site_file import LoadedSite
from facility.state import StateFolder


def open_grid_event_book(loaded: LoadedSite, state: StateFolder) -> GridEventBook:
    """Open the events, to be judged by the settings beside the site file.

    Raises
    ------
    facility.errors.ConfigurationError
        If these settings are wrong.
    """
    settings = load_settings(loaded)
    return GridEventBook(_engine(loaded, state), loaded.site.id, settings, loaded.site.zone)


def _engine(loaded: LoadedSite, state: StateFolder) -> Engine:
    url = loaded.site.journal.url
    return open_database(resolve_secret(url).get_secret_value() if url else None, state)


def open_hook_dead_letters(loaded: LoadedSite, state: StateFolder) -> DeadLetters:
    """Open the notices to hooks outside that were given up."""
    return DeadLetters(_engine(loaded, state), loaded.site.id, HOOK)


def servers_kept_awake(
    loaded: LoadedSite, state: StateFolder, settings: RespondSettings, now: datetime
) -> Mapping[str, frozenset[str]]:
    """Return by pool the servers that a scheduler could not put to sleep.

    Raises
    ------
    facility.errors.HistoryError
        If what is kept of its commands is damaged.
    """
    if settings.workload is None:
        return {}
    return kept_awake(read_carried_out(state.workload)[1], settings.workload, loaded.site, now)
