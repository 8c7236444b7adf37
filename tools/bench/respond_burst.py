"""A burst of events over the hook while the API is killed again and again: what the book holds in the end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

from facility.site_respond import open_grid_event_book
from tools.bench.respond_hook import Hook, Taken, reduction
from tools.bench.respond_service import ASKED, Service
from tools.bench.rows import Row

SENDERS = 4
KILLED_AFTER = (0.2, 0.5, 0.8)  # of the burst
BEGINS = timedelta(hours=24)
ASKED_KW = 10.0


def burst_rows(service: Service, hook: Hook, number: int, together: int) -> list[Row]:
    """Send so many events, so many of them in a delivery, and kill the API among them."""
    names = [f"burst-{index}" for index in range(number)]
    start, began_s = datetime.now(UTC) + BEGINS, time.monotonic()
    events = [reduction(name, ASKED, start, ASKED_KW) for name in names]
    deliveries = [events[first : first + together] for first in range(0, number, together)]
    with ThreadPoolExecutor(SENDERS) as pool:
        sent = [pool.submit(hook.send, *delivery) for delivery in deliveries]
        for share in KILLED_AFTER:
            _await(sent, share * len(sent))
            service.kill_api()
    seconds = time.monotonic() - began_s
    return [*rows_of(names, _held(service)), *_sending_rows([one.result() for one in sent], seconds)]


def rows_of(names: Sequence[str], held: Mapping[str, int]) -> list[Row]:
    """Return how many events the book does not hold, and how often it holds one again; `held`: how often it was taken up."""
    return [
        Row("burst_events", float(len(names)), "-"),
        Row("burst_events_lost", float(sum(name not in held for name in names)), "-"),
        Row("burst_events_doubled", float(sum(max(held.get(name, 0) - 1, 0) for name in names)), "-"),
    ]


def _sending_rows(taken: Sequence[Taken], seconds: float) -> list[Row]:
    return [
        Row("burst_deliveries", float(len(taken)), "-"),
        Row("burst_kills", float(len(KILLED_AFTER)), "-"),
        Row("burst_posts_without_answer", float(sum(one.unanswered for one in taken)), "-"),
        Row("burst_posts_made_to_wait", float(sum(one.made_to_wait for one in taken)), "-"),
        Row("burst_seconds", seconds, "s"),
    ]


def _await(sent: Sequence[Future[Taken]], number: float) -> None:
    while sum(one.done() for one in sent) < number:
        time.sleep(0.01)


def _held(service: Service) -> Mapping[str, int]:
    """Return how often each event was taken up: the moves of all that the book holds under its name."""
    with closing(open_grid_event_book(service.loaded, service.state)) as book:
        return Counter(kept.event.id for kept in book.events() for _ in book.moves(kept.number))
