"""The console on a site of 5,000 points: an overview loaded cold, a plan drawn, a year zoomed, and 50 pages' cost to the server."""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil

from facility.api.routes.console import console_is_built
from facility.clock import SystemClock
from facility.history.telemetry import TelemetryStore, open_telemetry
from facility.log import configure_logging
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tools.bench.console_browser import chromium, cold_load, plan_draw_ms, year_zoom
from tools.bench.console_clients import load_of, warm_up
from tools.bench.console_server import served
from tools.bench.console_site import large_site, store_plan, store_readings, store_year
from tools.bench.rows import Row, compared

POINTS, CLIENTS = 5_000, 50
MOST_LOAD_S, MOST_BYTES = 1.0, 250_000.0
MOST_CPU, MOST_RSS_MB = 0.05, 50.0
MOST_PLAN_MS, MOST_TASK_MS = 300.0, 100.0


def run(quick: bool) -> list[Row]:
    """Measure; the references are the limits that hold on two cores with nothing else to do."""
    if not console_is_built():
        raise RuntimeError("console not built: make console")
    configure_logging("console", "bench")
    os.environ.setdefault("FACILITY_DEMO_COMMUNITY", "bench")
    with tempfile.TemporaryDirectory(prefix="bench-console-") as name:
        folder = Path(name)
        loaded, state = large_site(folder, POINTS), StateFolder(folder / "state")
        now = datetime.now(UTC)
        store_plan(loaded, state, now.replace(minute=0, second=0, microsecond=0))
        with open_telemetry(state, table_uri=None, raw_retention_days=400, clock=SystemClock()) as store:
            store_year(store, loaded, now, 30 if quick else 365)
            store_readings(store, loaded, now, 0)
            with served(folder / "site.yaml", state.root) as (address, server):
                return [*_server(loaded, store, address, server, quick), *_browser(loaded, store, address, quick)]


def _server(
    loaded: LoadedSite, store: TelemetryStore, address: str, server: psutil.Process, quick: bool
) -> Iterator[Row]:
    def poll(turn: int) -> None:
        store_readings(store, loaded, datetime.now(UTC), turn)

    seconds = 4.0 if quick else 30.0
    warm_up(address)
    none = load_of(address, server, 0, seconds, poll)
    listening = load_of(address, server, CLIENTS, seconds, poll)
    asking = load_of(address, server, CLIENTS, seconds, poll, pages=True)
    share = listening.cpu_share_of_core - none.cpu_share_of_core
    yield compared("clients_50_cpu_share_of_core", share, "cores", MOST_CPU)
    yield compared("clients_50_extra_rss_mb", listening.rss_mb - none.rss_mb, "MB", MOST_RSS_MB)
    yield Row("pages_50_cpu_share_of_core", asking.cpu_share_of_core - none.cpu_share_of_core, "cores")
    yield Row("live_bytes_per_client_s", 1e6 * listening.received_mb / CLIENTS / (seconds + 3.0), "bytes/s")


def _browser(loaded: LoadedSite, store: TelemetryStore, address: str, quick: bool) -> Iterator[Row]:
    with chromium() as browser:
        store_readings(store, loaded, datetime.now(UTC), 0)
        loads = [cold_load(browser, address) for _ in range(1 if quick else 5)]
        yield compared("overview_cold_load_s", statistics.median(load.seconds for load in loads), "s", MOST_LOAD_S)
        yield Row("overview_main_thread_s", min(load.main_thread_s for load in loads), "s")
        yield compared("overview_bytes", max(load.received for load in loads), "bytes", MOST_BYTES)
        yield compared("plan_page_draw_ms", plan_draw_ms(browser, address, 1 if quick else 5), "ms", MOST_PLAN_MS)
        loading_ms, longest_ms = year_zoom(browser, address)
        yield Row("year_of_a_point_answered_ms", loading_ms, "ms")
        yield compared("year_zoom_longest_task_ms", longest_ms, "ms", MOST_TASK_MS)
