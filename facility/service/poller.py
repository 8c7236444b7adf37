"""The poller's process: polls, keeps what it read, and looks after the store."""

from __future__ import annotations

import asyncio
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields
from functools import partial
from typing import Any

import pyarrow as pa

from facility.acquire.poller import Poller
from facility.acquire.statistics import DeviceStatistics
from facility.errors import HistoryError
from facility.heartbeat import BEAT_S
from facility.history.backlog import BacklogReport
from facility.history.maintenance import maintain
from facility.history.telemetry import TelemetryStore
from facility.log import get_logger
from facility.service.traps import receive_traps
from facility.service.trust_watch import watch_findings
from facility.service.worker import Worker
from facility.site_history import open_site_history

MAINTAIN_EVERY_S = 3600.0
RELOAD_WITHIN_S = 60.0
_log = get_logger(__name__)


def run(worker: Worker) -> None:
    """Poll until told to end."""
    pa.set_memory_pool(pa.system_memory_pool())  # Arrow's own keeps what a flush took: a tenth of this process
    with open_site_history(worker.loaded, worker.state, worker.clock, read_only=False) as telemetry:
        asyncio.run(_run(worker, telemetry))
    worker.heartbeat.say("stopped")


async def _run(worker: Worker, telemetry: TelemetryStore) -> None:
    loop = asyncio.get_running_loop()
    poller = Poller(worker.loaded, telemetry.append, worker.clock)
    tasks = [
        asyncio.create_task(poller.run(), name="poll"),
        asyncio.create_task(_beat(worker, poller, telemetry), name="beat"),
        asyncio.create_task(_keep_store(worker, telemetry), name="store"),
        asyncio.create_task(receive_traps(worker), name="traps"),
        asyncio.create_task(watch_findings(worker, poller, telemetry), name="findings"),
    ]
    # A new site arrives in the channel's thread; the devices belong to this loop.
    worker.on_site.append(
        lambda loaded: asyncio.run_coroutine_threadsafe(poller.reload(loaded), loop).result(RELOAD_WITHIN_S)
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    stopping = asyncio.create_task(stop.wait(), name="stop")
    done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    if stopping not in done:
        stopping.cancel()
        raise next(result for result in results if isinstance(result, Exception))


async def _beat(worker: Worker, poller: Poller, telemetry: TelemetryStore) -> None:
    while True:
        devices = {name: _plain(statistics) for name, statistics in poller.statistics().items()}
        waiting = {
            "readings": poller.outbox.readings,
            "refusals": poller.outbox.refusals,
            "dropped": poller.outbox.dropped,
        }
        worker.heartbeat.say(
            "polling",
            devices=devices,
            outbox=waiting,
            backlog=_backlog(telemetry.backlog()),
            site_revision=worker.loaded.revision,
        )
        await asyncio.sleep(BEAT_S)


def _plain(statistics: DeviceStatistics) -> dict[str, Any]:
    said = {field.name: getattr(statistics, field.name) for field in fields(statistics)}
    return {**said, "points": {quality.name.lower(): count for quality, count in statistics.points.items()}}


def _backlog(report: BacklogReport) -> dict[str, Any]:
    oldest = None if report.oldest is None else report.oldest.isoformat()
    return {"waiting_bytes": report.waiting_bytes, "limit_bytes": report.limit_bytes, "oldest": oldest}


async def _keep_store(worker: Worker, telemetry: TelemetryStore) -> None:
    """Flush the hot log to the table, and once an hour compact and clean it; in a thread, polling goes on meanwhile.

    Always in the same thread: each has memory of its own that it keeps, as much as a flush takes.
    """
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="table")
    in_thread = partial(asyncio.get_running_loop().run_in_executor, thread)
    maintained = time.monotonic()
    while True:
        await asyncio.sleep(worker.loaded.site.history.flush_interval_s)
        try:
            await in_thread(telemetry.flush)
            if time.monotonic() - maintained >= MAINTAIN_EVERY_S:
                maintained = time.monotonic()
                report = await in_thread(maintain, telemetry, worker.clock.now())
                _log.info("history maintained", **asdict(report))
        except HistoryError as error:
            _log.error("the table cannot take the hot log now; nothing is lost, it is tried again", reason=str(error))
