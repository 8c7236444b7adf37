"""One coordinator a device: polls it at its interval, delivers a batch every interval, and keeps its troubles to itself."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import numpy as np
import structlog

from facility.acquire.client import DeviceClient
from facility.acquire.clock_watch import ClockWatch
from facility.acquire.decode import Value
from facility.acquire.quality_log import QualityLog
from facility.acquire.schedule import next_slot, phase_s, slots_to_wait
from facility.acquire.statistics import DeviceStatistics
from facility.errors import FacilityError
from facility.points import Point
from facility.records import Quality, ReadingBatch

log = structlog.get_logger(__name__)
_STALE = Value(math.nan, Quality.STALE)
_DEADLINE_FRAC = 0.9  # of the interval


class Coordinator:
    """Polls one device until cancelled. Faults are logged when they begin and when they end, once each."""

    def __init__(self, device: str, points: Sequence[Point], client: DeviceClient, watch: ClockWatch) -> None:
        self.client = client
        self.statistics = DeviceStatistics(device)
        self._interval_s = points[0].interval_s
        self._ids = tuple(point.id for point in points)
        self._keys = tuple(point.key for point in points)
        self._watch = watch
        self._waits = 0  # slots still to leave out
        self._log = log.bind(device=device)
        self._invalid = QualityLog(device)
        self._failed_at = 0.0
        self._jitter = random.Random()  # noqa: S311  # spreads load, guards nothing

    async def run(self, emit: Callable[[ReadingBatch], None], revision: Callable[[], str]) -> None:
        """Poll in each slot; a slot that is missed is skipped, and one left out delivers stale points."""
        clock = asyncio.get_running_loop().time
        slot = clock() + phase_s(self.statistics.device, self._interval_s)
        while True:
            await asyncio.sleep(slot - clock())
            emit(await self._slot(revision()))
            slot, missed = next_slot(slot, self._interval_s, clock())
            self.statistics.skipped += missed

    async def _slot(self, revision: str) -> ReadingBatch:
        if self._waits:
            self._waits -= 1
            return self._batch({}, revision)
        return await self.poll(revision)

    async def poll(self, revision: str) -> ReadingBatch:
        """Read the device once, within its deadline; what did not come is stale."""
        values: dict[str, Value] = {}
        started = time.monotonic()
        deadline_s = _DEADLINE_FRAC * self._interval_s
        fault: str | None = None
        try:
            async with asyncio.timeout(deadline_s):
                await self.client.read(values)
        except TimeoutError:
            fault = f"not read within {deadline_s:g} s"
        except (FacilityError, OSError) as error:
            fault = str(error)
        if values:
            self._invalid.observe(self._not_valid(values))
        self._account(fault, answered=bool(values), latency_s=time.monotonic() - started)
        return self._batch(values, revision)

    def _not_valid(self, values: dict[str, Value]) -> list[str]:
        named = zip(self._ids, self._keys, strict=True)
        return [point for point, key in named if key in values and values[key].quality is not Quality.GOOD]

    def _account(self, fault: str | None, *, answered: bool, latency_s: float) -> None:
        statistics = self.statistics
        statistics.polls += 1
        if answered:
            statistics.latency_s = latency_s
        if fault is not None:
            self._failed(fault)
        elif statistics.consecutive_failures:
            self._recovered()
        failures = statistics.consecutive_failures
        self._waits = 0 if answered or not failures else slots_to_wait(failures, self._jitter.random())
        statistics.in_back_off = self._waits > 0

    def _failed(self, fault: str) -> None:
        statistics = self.statistics
        statistics.failures += 1
        statistics.consecutive_failures += 1
        statistics.last_fault = fault
        if statistics.consecutive_failures == 1:
            self._failed_at = time.monotonic()
            self._log.warning("device failed", reason=fault)

    def _recovered(self) -> None:
        outage_s = time.monotonic() - self._failed_at
        self._log.info("device recovered", after_s=round(outage_s, 1), failures=self.statistics.consecutive_failures)
        self.statistics.consecutive_failures = 0
        self.statistics.last_fault = None

    def _batch(self, values: dict[str, Value], revision: str) -> ReadingBatch:
        stamp_us = self._watch.now_us()
        found = [values.get(key, _STALE) for key in self._keys]
        quality = np.array([value.quality for value in found], dtype=np.uint8)
        self._count(quality, stamp_us)
        return ReadingBatch(
            points=self._ids,
            time_us=np.full(len(found), stamp_us, dtype=np.int64),
            values=np.array([value.value for value in found], dtype=np.float64),
            quality=quality,
            site_revision=revision,
        )

    def _count(self, quality: np.ndarray[tuple[int], np.dtype[np.uint8]], stamp_us: int) -> None:
        counts = np.bincount(quality, minlength=len(Quality))
        self.statistics.points = {each: int(counts[each]) for each in Quality if counts[each]}
        if not self.statistics.consecutive_failures:
            self.statistics.last_success = datetime.fromtimestamp(stamp_us / 1e6, UTC)
