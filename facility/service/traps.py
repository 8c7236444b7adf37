"""Traps and informs of the site's devices into the journal, while the site file says where to listen for them."""

from __future__ import annotations

import asyncio

from facility.acquire.traps.receiver import TrapReceiver
from facility.errors import DeviceError
from facility.log import get_logger
from facility.records import Event
from facility.service.worker import Worker
from facility.site import Site, Traps
from facility.site_file import LoadedSite

_MOST_WAITING = (
    1000  # events, while the journal is slow; an inform that finds no room is not acknowledged, and comes again
)
_RETRY_S = 60.0
_log = get_logger(__name__)


async def receive_traps(worker: Worker) -> None:
    """Receive until cancelled; a changed site takes effect at once."""
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()

    def hear(_: LoadedSite) -> None:  # in the channel's thread
        loop.call_soon_threadsafe(changed.set)

    worker.on_site.append(hear)
    waiting: asyncio.Queue[Event] = asyncio.Queue(_MOST_WAITING)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_record(worker, waiting))
        while True:
            changed.clear()
            site = worker.loaded.site
            receiving = tasks.create_task(_receive(worker, site, site.traps, waiting)) if site.traps else None
            await changed.wait()
            if receiving is not None:
                receiving.cancel()
                await asyncio.wait([receiving])


async def _receive(worker: Worker, site: Site, traps: Traps, waiting: asyncio.Queue[Event]) -> None:
    def take(event: Event) -> bool:
        if waiting.full():
            return False
        waiting.put_nowait(event)
        return True

    while True:  # polling goes on where listening is not possible
        try:
            await TrapReceiver(site, traps, take, worker.clock).run()
        except DeviceError as error:
            _log.error("traps are not received; it is tried again", reason=str(error))
        await asyncio.sleep(_RETRY_S)


async def _record(worker: Worker, waiting: asyncio.Queue[Event]) -> None:
    while True:
        events = [await waiting.get()]
        from facility.service.events import record_events  # noqa: PLC0415  # the database takes 27 MB; most pollers need none

        while not waiting.empty():
            events.append(waiting.get_nowait())
        await asyncio.to_thread(record_events, worker.loaded, worker.state, events)
