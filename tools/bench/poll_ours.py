"""How facility polls one device: a coordinator, from the wire to batches of decoded, scaled, flagged readings with their time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from facility.acquire.assignment import assignments, coordinator
from facility.acquire.clock_watch import ClockWatch
from facility.acquire.factory import ClientFactory
from facility.clock import SystemClock
from facility.records import Quality
from facility.site_file import LoadedSite
from tools.bench.poll_peers import Poll


@asynccontextmanager
async def our_poll(loaded: LoadedSite) -> AsyncIterator[Poll]:
    """Poll the only device of a site; every reading must be good, since failing fast is no merit."""
    (assignment,) = assignments(loaded)
    worker = coordinator(assignment, ClientFactory(), ClockWatch(SystemClock()))

    async def poll() -> int:
        batches = [await worker.poll(group, loaded.revision) for group in worker.groups]
        if any((batch.quality != Quality.GOOD).any() for batch in batches):
            raise RuntimeError(f"readings are not good: {worker.statistics.last_fault}")
        return sum(len(batch) for batch in batches)

    yield poll
    await worker.client.close()
