"""Everything one cycle works with, opened once: the site, its state, its history and journal, its signals and the clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from facility.learn.model_store import ModelStore
from facility.ports import Clock, ForecastArchive, Journal, Signals, Telemetry
from facility.signals.outlook import SiteSignals
from facility.site_file import LoadedSite
from facility.site_history import open_site_history
from facility.site_journal import open_forecast_archive, open_site_journal
from facility.state import StateFolder


@dataclass(frozen=True, slots=True)
class Environment:
    """What a cycle reads from and writes to."""

    loaded: LoadedSite
    telemetry: Telemetry
    journal: Journal
    signals: Signals
    models: ModelStore
    clock: Clock
    findings: Path  # what is not believed, for every process to read
    archive: ForecastArchive


@contextmanager
def open_environment(loaded: LoadedSite, state: StateFolder, clock: Clock) -> Iterator[Environment]:
    """Open a site's history (to read), journal and archive of forecasts (to write), and close them again."""
    with (
        closing(open_site_history(loaded, state, clock)) as telemetry,
        closing(open_site_journal(loaded, state)) as journal,
        closing(open_forecast_archive(loaded, state)) as archive,
    ):
        signals, models = SiteSignals(loaded, telemetry), ModelStore(state.models)
        yield Environment(loaded, telemetry, journal, signals, models, clock, state.findings, archive)
