"""Fetches signals beside the planner, in a thread of its process: a plan reads what is kept and never waits for a network."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import timedelta

from facility.errors import FacilityError
from facility.log import get_logger
from facility.service.worker import Worker
from facility.signals.fetcher import Fetcher
from facility.signals.sources import sources_of
from facility.site_file import LoadedSite
from facility.site_journal import open_forecast_archive

LOOK_S = 5.0
_log = get_logger(__name__)


def keep_fetching(worker: Worker) -> None:
    """Fetch until the process ends. A fetch may be cut off anywhere: the archive takes an issue whole or not at all."""
    threading.Thread(target=_fetch_on, args=(worker,), name="signals", daemon=True).start()


def fetcher_of(loaded: LoadedSite) -> Fetcher:
    """Return what asks the providers of a site."""
    site = loaded.site
    return Fetcher(sources_of(site, loaded.path.parent), timedelta(hours=site.planning.horizon_h))


def fetch_once(worker: Worker, loaded: LoadedSite, fetcher: Fetcher) -> None:
    """Ask the providers that are due; say how they stand, and log each change of it."""
    before = fetcher.states()
    try:
        with closing(open_forecast_archive(loaded, worker.state)) as archive:
            found = fetcher.fetch_due(archive, worker.clock.now)
    except FacilityError as error:  # the archive cannot be opened: the next cycle says so too
        _log.error("signals not fetched", kind=type(error).__name__, reason=str(error))
        return
    for one in found:
        if one.state != before.get(one.name):
            say = _log.info if one.state == "fresh" else _log.warning
            say("signal", source=one.name, state=one.state, reason=one.error, stands_in=one.fallback)
    worker.heartbeat.note(signals=[one.as_detail() for one in found])


def _fetch_on(worker: Worker) -> None:
    loaded, fetcher, pause = worker.loaded, fetcher_of(worker.loaded), threading.Event()
    while True:
        if worker.loaded is not loaded:
            loaded, fetcher = worker.loaded, fetcher_of(worker.loaded)
            worker.heartbeat.note(signals=[])
        if fetcher.sources:
            fetch_once(worker, loaded, fetcher)
        pause.wait(LOOK_S)
