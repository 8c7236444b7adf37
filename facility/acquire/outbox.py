"""Readings on their way to the store: gathered so that it syncs once for many devices, and kept while it cannot take them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import structlog

from facility.errors import HistoryError
from facility.records import ReadingBatch

log = structlog.get_logger(__name__)
_PER_APPEND = 50_000  # readings handed over at once, so that catching up does not build one huge batch

Sink = Callable[[ReadingBatch], None]


class Outbox:
    """A bounded queue of batches before a sink that may be full for a while; the oldest readings go first."""

    def __init__(self, sink: Sink, limit: int) -> None:
        self._sink = sink
        self._limit = limit
        self._waiting: deque[ReadingBatch] = deque()
        self.readings = 0  # waiting
        self.refusals = 0  # appends that failed
        self.dropped = 0  # readings lost because the store stayed full for too long
        self._refusing = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")

    def add(self, batch: ReadingBatch) -> None:
        """Queue a batch; drop the oldest when more wait than memory is meant to hold."""
        self._waiting.append(batch)
        self.readings += len(batch)
        while self.readings > self._limit and len(self._waiting) > 1:
            lost = len(self._waiting.popleft())
            if not self.dropped:
                log.error("the store has been refusing for too long: the oldest readings are lost", limit=self._limit)
            self.readings -= lost
            self.dropped += lost

    async def flush(self) -> None:
        """Hand everything over, in a thread of its own: a slow disk must not keep devices waiting.

        Not to be cancelled: what is under way would be in doubt.
        """
        loop = asyncio.get_running_loop()
        while self._waiting:
            taken = self._take()
            try:
                await loop.run_in_executor(self._thread, self._sink, joined(taken))
            except HistoryError as error:
                self._put_back(taken)
                self._refused(error)
                return
            self._accepted()

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()

    def _take(self) -> list[ReadingBatch]:
        taken = [self._waiting.popleft()]
        size = len(taken[0])
        while self._waiting and self._waiting[0].site_revision == taken[0].site_revision and size < _PER_APPEND:
            taken.append(self._waiting.popleft())
            size += len(taken[-1])
        self.readings -= size
        return taken

    def _put_back(self, taken: Sequence[ReadingBatch]) -> None:
        self._waiting.extendleft(reversed(taken))
        self.readings += sum(len(batch) for batch in taken)

    def _refused(self, error: HistoryError) -> None:
        self.refusals += 1
        if not self._refusing:
            self._refusing = True
            log.error("readings cannot be stored; they are kept in memory and polling goes on", reason=str(error))

    def _accepted(self) -> None:
        if self._refusing:
            self._refusing = False
            log.info("readings are stored again", refusals=self.refusals, lost=self.dropped)


def joined(batches: Sequence[ReadingBatch]) -> ReadingBatch:
    """Return batches of one site revision as one."""
    if len(batches) == 1:
        return batches[0]
    return ReadingBatch(
        points=[point for batch in batches for point in batch.points],
        time_us=np.concatenate([batch.time_us for batch in batches]),
        values=np.concatenate([batch.values for batch in batches]),
        quality=np.concatenate([batch.quality for batch in batches]),
        site_revision=batches[0].site_revision,
    )
