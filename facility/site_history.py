"""Opens the readings of a site where its file says they are."""

from __future__ import annotations

from facility.history.telemetry import TelemetryStore, open_telemetry
from facility.ports import Clock
from facility.site_file import LoadedSite
from facility.state import StateFolder


def open_site_history(
    loaded: LoadedSite, state: StateFolder, clock: Clock, *, read_only: bool = True
) -> TelemetryStore:
    """Open the history to read, or as its only writer."""
    store = loaded.site.history
    return open_telemetry(
        state,
        table_uri=store.table_uri,
        raw_retention_days=store.raw_retention_days,
        hot_log_max_mb=store.hot_log_max_mb,
        read_only=read_only,
        clock=clock,
    )
