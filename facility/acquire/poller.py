"""Polls every device of a site and hands the readings to a sink."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

import structlog

from facility.acquire.assignment import Assignment, assignments, coordinator
from facility.acquire.client import DeviceClient
from facility.acquire.clock_watch import ClockWatch
from facility.acquire.coordinator import Coordinator
from facility.acquire.factory import ClientFactory
from facility.acquire.garbage import settle, unsettle
from facility.acquire.open_files import allow_open_files
from facility.acquire.outbox import Outbox, Sink
from facility.acquire.roll_call import RollCall
from facility.acquire.statistics import DeviceStatistics
from facility.errors import UnknownPointError
from facility.ports import Clock
from facility.site_file import LoadedSite

log = structlog.get_logger(__name__)
_BUFFERED_READINGS = 2_000_000  # some 30 bytes each: an hour of 5,000 points every 10 s
_RESTART_S = 10.0


class _Job(NamedTuple):
    assignment: Assignment
    coordinator: Coordinator
    task: asyncio.Task[None]


class Poller:
    """Runs one coordinator a device; a reload touches only those whose device, profile or points changed."""

    def __init__(
        self,
        loaded: LoadedSite,
        sink: Sink,
        clock: Clock,
        *,
        flush_interval_s: float = 1.0,
        buffered_readings: int = _BUFFERED_READINGS,
    ) -> None:
        self.outbox = Outbox(sink, buffered_readings)
        self._loaded = loaded
        self._watch = ClockWatch(clock)
        self._flush_interval_s = flush_interval_s
        self._factory = ClientFactory()
        self._jobs: dict[str, _Job] = {}
        self._roll_call = RollCall()
        self._distrusted: frozenset[str] = frozenset()
        self._swapping = asyncio.Lock()

    async def run(self) -> None:
        """Poll until cancelled; what was read by then is still handed over."""
        stopping = asyncio.Event()
        flushing = asyncio.create_task(self._keep_flushing(stopping), name="flush readings")
        try:
            await self._swap(self._loaded)
            await asyncio.shield(flushing)
        finally:
            self._call_the_roll()  # a short run too says who failed
            await self._stop(tuple(self._jobs))
            stopping.set()
            await flushing
            self.outbox.close()
            unsettle()

    async def _keep_flushing(self, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), self._flush_interval_s)
            self._call_the_roll()
            await self.outbox.flush()

    def _call_the_roll(self) -> None:
        self._roll_call.observe(job.coordinator.statistics for job in self._jobs.values())

    def distrust(self, points: Collection[str]) -> None:
        """From now on, flag the readings of these points as suspect, and no others."""
        self._distrusted = frozenset(points)
        for job in self._jobs.values():
            job.coordinator.distrust(self._distrusted)

    async def reload(self, loaded: LoadedSite) -> None:
        """Take over a changed site: devices that stay the same are not interrupted.

        Raises
        ------
        ConfigurationError
            If a changed device cannot be polled as its profile says; then everything stays as it was.
        """
        await self._swap(loaded)

    async def _swap(self, loaded: LoadedSite) -> None:
        async with self._swapping:
            fresh, leaving = self._changes(loaded)
            self._loaded = loaded
            await self._stop(leaving)
            allow_open_files(len(self._jobs) + len(fresh))
            for assignment, worker in fresh:
                worker.distrust(self._distrusted)
                task = asyncio.create_task(self._keep_running(worker), name=f"poll {assignment.device.id}")
                self._jobs[assignment.device.id] = _Job(assignment, worker, task)
            settle()

    def _changes(self, loaded: LoadedSite) -> tuple[list[tuple[Assignment, Coordinator]], list[str]]:
        """Return the coordinators that a site needs and we have not, and the devices whose coordinators must go."""
        wanted = {each.device.id: each for each in assignments(loaded)}
        kept = {device for device, job in self._jobs.items() if wanted.get(device) == job.assignment}
        fresh = [
            (each, coordinator(each, self._factory, self._watch))
            for device, each in wanted.items()
            if device not in kept
        ]
        return fresh, [device for device in self._jobs if device not in kept]

    async def _keep_running(self, worker: Coordinator) -> None:
        """Restart a coordinator that a fault of our own ended: its neighbours must not notice, an engineer must."""
        while True:
            run = asyncio.create_task(worker.run(self.outbox.add, lambda: self._loaded.revision))
            try:
                await asyncio.wait([run])
            finally:
                run.cancel()
                await asyncio.gather(run, return_exceptions=True)
            log.error("a coordinator stopped", device=worker.statistics.device, exc_info=run.exception())
            await asyncio.sleep(_RESTART_S)

    async def _stop(self, leaving: Sequence[str]) -> None:
        jobs = [self._jobs.pop(device) for device in leaving]
        for job in jobs:
            job.task.cancel()
        await asyncio.gather(*(job.task for job in jobs), return_exceptions=True)
        for job in jobs:
            await job.coordinator.client.close()

    def statistics(self) -> Mapping[str, DeviceStatistics]:
        """Return how each device fares, by device id; copies."""
        return {device: job.coordinator.snapshot() for device, job in self._jobs.items()}

    def client(self, device: str) -> DeviceClient:
        """Return the client that polls a device, for a writer.

        Raises
        ------
        UnknownPointError
            If no device of that id is polled.
        """
        if device not in self._jobs:
            raise UnknownPointError(f"device {device!r} is not polled")
        return self._jobs[device].coordinator.client
