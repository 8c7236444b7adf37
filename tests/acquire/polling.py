"""Every device of a site read once, as the poller reads them."""

from __future__ import annotations

import asyncio

from facility.acquire.assignment import assignments, coordinator
from facility.acquire.clock_watch import ClockWatch
from facility.acquire.coordinator import Coordinator
from facility.acquire.factory import ClientFactory
from facility.acquire.outbox import joined
from facility.ports import Clock
from facility.records import ReadingBatch
from facility.site_file import LoadedSite


async def poll_once(loaded: LoadedSite, clock: Clock) -> ReadingBatch:
    """Read every device once, all at the same time; what does not answer is stale."""
    factory, watch = ClientFactory(), ClockWatch(clock)
    workers = [coordinator(each, factory, watch) for each in assignments(loaded)]
    try:
        polls = [_poll_all(worker, loaded.revision) for worker in workers]
        return joined([batch for batches in await asyncio.gather(*polls) for batch in batches])
    finally:
        for worker in workers:
            await worker.client.close()


async def _poll_all(worker: Coordinator, revision: str) -> list[ReadingBatch]:
    return [await worker.poll(group, revision) for group in worker.groups]
