"""Everything one cycle works with, opened once: the site, its state, its history and journal, its signals and the clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from facility.history.dispatch_records import LockOut
from facility.history.grid_event_book import GridEventBook
from facility.learn.model_store import ModelStore
from facility.ports import Clock, ForecastArchive, Journal, Signals, Telemetry
from facility.signals.outlook import SiteSignals
from facility.site_file import LoadedSite
from facility.site_history import open_site_history
from facility.site_journal import open_dispatch_book, open_forecast_archive, open_site_journal, open_stand_in_book
from facility.site_respond import open_grid_event_book, servers_kept_awake
from facility.stand_ins import StandIn
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
    lock_outs: Mapping[str, LockOut] = field(default_factory=dict)  # by people, in dispatch
    grid_events: GridEventBook | None = None  # none: nothing is promised to the grid
    stand_ins: Sequence[StandIn] = ()  # by people, while sensors are out
    kept_awake: Mapping[str, frozenset[str]] = field(
        default_factory=dict
    )  # by pool: what a scheduler did not put to sleep


@contextmanager
def open_environment(loaded: LoadedSite, state: StateFolder, clock: Clock) -> Iterator[Environment]:
    """Open a site's history (to read), journal and archive of forecasts (to write), and close them again."""
    with (
        closing(open_site_history(loaded, state, clock)) as telemetry,
        closing(open_site_journal(loaded, state)) as journal,
        closing(open_forecast_archive(loaded, state)) as archive,
        closing(open_dispatch_book(loaded, state)) as dispatch,
        closing(open_grid_event_book(loaded, state)) as grid_events,
        closing(open_stand_in_book(loaded, state)) as stand_ins,
    ):
        yield Environment(
            loaded=loaded,
            telemetry=telemetry,
            journal=journal,
            signals=SiteSignals(loaded, telemetry, archive),
            models=ModelStore(state.models),
            clock=clock,
            findings=state.findings,
            archive=archive,
            lock_outs=dispatch.lock_outs(clock.now()),
            grid_events=grid_events,
            stand_ins=stand_ins.holding(clock.now()),
            kept_awake=servers_kept_awake(loaded, state, grid_events.settings, clock.now()),
        )
