"""One coordinator a device: polls its groups when they are due, delivers a batch each time, and keeps its troubles to itself."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from facility.acquire.client import DeviceClient
from facility.acquire.clock_watch import ClockWatch
from facility.acquire.poll_group import PollGroup
from facility.acquire.quality_log import QualityLog
from facility.acquire.schedule import next_slot, phase_s, probe_delay_s
from facility.acquire.statistics import DeviceStatistics
from facility.errors import FacilityError
from facility.records import Quality, ReadingBatch

_DEADLINE_FRAC = 0.9  # of the shortest interval
_SLOW_FRAC = 0.5


class Coordinator:
    """Polls one device until cancelled."""

    def __init__(self, device: str, groups: tuple[PollGroup, ...], client: DeviceClient, watch: ClockWatch) -> None:
        self.client = client
        self.groups = groups
        self.statistics = DeviceStatistics(device)
        self._shortest_s = min(group.interval_s for group in groups)
        self._watch = watch
        self._last_success_us: int | None = None
        self._invalid = QualityLog(device)
        self._jitter = random.Random()  # noqa: S311  # spreads load, guards nothing

    async def run(self, emit: Callable[[ReadingBatch], None], revision: Callable[[], str]) -> None:
        """Poll each group in its slots; a slot that is missed is skipped, never made up for."""
        clock = asyncio.get_running_loop().time
        started = clock()
        for group in self.groups:
            group.slot = started + phase_s(self.statistics.device, self._shortest_s)
        while True:
            group = min(self.groups, key=lambda each: each.slot)
            delay_s = self._delay_s()
            await asyncio.sleep(group.slot + delay_s - clock())
            emit(await self.poll(group, revision(), delay_s))
            group.slot, missed = next_slot(group.slot, group.interval_s, clock())
            self.statistics.skipped += missed

    def _delay_s(self) -> float:
        failures = self.statistics.consecutive_failures
        return probe_delay_s(failures, self._shortest_s, self._jitter.random()) if failures else 0.0

    def distrust(self, points: Collection[str]) -> None:
        """From now on, flag the readings of these points as suspect, and no others."""
        for group in self.groups:
            group.distrust(points)

    async def poll(self, group: PollGroup, revision: str, delayed_s: float = 0.0) -> ReadingBatch:
        """Read a group once, within the device's deadline; what did not come is stale."""
        started = time.monotonic()
        deadline_s = _DEADLINE_FRAC * self._shortest_s - delayed_s
        fault: str | None = None
        try:
            async with asyncio.timeout(deadline_s):
                await group.read()
        except TimeoutError:
            fault = f"not read within {deadline_s:.2g} s"
        except (FacilityError, OSError) as error:
            fault = str(error)
        finished = time.monotonic()
        group.judge(finished)
        self._account(group, fault, latency_s=finished - started)
        stamp_us = self._watch.now_us()
        if fault is None:
            self._last_success_us = stamp_us
        return group.batch(stamp_us, revision)

    def _account(self, group: PollGroup, fault: str | None, *, latency_s: float) -> None:
        statistics = self.statistics
        statistics.polls += 1
        if group.columns.answered.any():
            self._invalid.observe(group.invalid)
            statistics.latency_s = latency_s
            statistics.slow = latency_s > _SLOW_FRAC * self._shortest_s
        if fault is None:
            statistics.consecutive_failures, statistics.last_fault = 0, None
        else:
            statistics.failures += 1
            statistics.consecutive_failures += 1
            statistics.last_fault = fault

    def snapshot(self) -> DeviceStatistics:
        """Return how the device fares, as a copy, with its points as last polled."""
        success_us = self._last_success_us
        last_success = None if success_us is None else datetime.fromtimestamp(success_us / 1e6, UTC)
        return replace(self.statistics, last_success=last_success, points=_by_quality(self.groups))


def _by_quality(groups: Collection[PollGroup]) -> dict[Quality, int]:
    counts = np.bincount(np.concatenate([group.columns.quality for group in groups]), minlength=len(Quality))
    return {quality: int(counts[quality]) for quality in Quality if counts[quality]}
