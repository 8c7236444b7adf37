from __future__ import annotations

import asyncio

import numpy as np
import structlog
from hypothesis import given
from hypothesis import strategies as st

from facility.acquire.outbox import Outbox
from facility.errors import HistoryError, StorageFullError
from facility.records import ReadingBatch


def batch(first: int, size: int = 1, revision: str = "r1") -> ReadingBatch:
    return ReadingBatch(
        points=[f"p{number}" for number in range(first, first + size)],
        time_us=np.arange(first, first + size, dtype=np.int64),
        values=np.arange(first, first + size, dtype=np.float64),
        quality=np.zeros(size, dtype=np.uint8),
        site_revision=revision,
    )


class Store:
    """A sink that takes readings until it is full."""

    def __init__(self) -> None:
        self.full: HistoryError | None = None
        self.taken: list[ReadingBatch] = []

    def append(self, readings: ReadingBatch) -> None:
        if self.full:
            raise self.full
        self.taken.append(readings)

    @property
    def times(self) -> list[int]:
        return [int(time) for readings in self.taken for time in readings.time_us]


def test_batches_of_one_revision_become_one_append() -> None:
    store = Store()
    outbox = Outbox(store.append, 1000)
    for number in range(5):
        outbox.add(batch(number))
    outbox.add(batch(5, revision="r2"))
    asyncio.run(outbox.flush())
    assert [(len(taken), taken.site_revision) for taken in store.taken] == [(5, "r1"), (1, "r2")]
    assert list(store.taken[0].points) == [f"p{number}" for number in range(5)]
    assert outbox.readings == 0


def test_a_full_store_is_logged_once_and_what_waited_arrives_in_order() -> None:
    store = Store()
    outbox = Outbox(store.append, 1000)
    with structlog.testing.capture_logs() as logs:
        store.full = StorageFullError("no space left on /var")
        for number in range(3):
            outbox.add(batch(number))
            asyncio.run(outbox.flush())
        assert (outbox.readings, outbox.refusals) == (3, 3)
        store.full = None
        outbox.add(batch(3))
        asyncio.run(outbox.flush())
    assert store.times == [0, 1, 2, 3]
    assert [entry["log_level"] for entry in logs] == ["error", "info"]
    assert logs[0]["reason"] == "no space left on /var"


def test_a_store_full_for_too_long_costs_the_oldest_and_says_so() -> None:
    store = Store()
    store.full = StorageFullError("full")
    outbox = Outbox(store.append, 10)
    with structlog.testing.capture_logs() as logs:
        for number in range(0, 30, 3):
            outbox.add(batch(number, 3))
            asyncio.run(outbox.flush())
        store.full = None
        asyncio.run(outbox.flush())
    assert store.times == list(range(21, 30))
    assert outbox.dropped == 21
    assert [entry["event"] for entry in logs if "oldest" in entry["event"]] != []
    assert logs[-1]["lost"] == 21


@given(st.lists(st.tuples(st.integers(1, 40), st.booleans()), max_size=30), st.integers(40, 200))
def test_nothing_is_lost_doubled_or_reordered_within_the_limit(steps: list[tuple[int, bool]], limit: int) -> None:
    store = Store()
    outbox = Outbox(store.append, limit)
    sent = 0

    async def run() -> None:
        nonlocal sent
        for size, full in steps:
            store.full = StorageFullError("full") if full else None
            outbox.add(batch(sent, size))
            sent += size
            await outbox.flush()
            assert outbox.readings <= limit
        store.full = None
        await outbox.flush()

    asyncio.run(run())
    assert store.times == sorted(set(store.times))
    assert len(store.times) == sent - outbox.dropped
    assert outbox.readings == 0
