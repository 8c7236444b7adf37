"""How often each of many may do something: a token bucket each, in bounded memory."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_CLIENTS = 10_000  # about 2 MB; who has not asked for longest is forgotten, which is to their advantage


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and so many a second after that."""

    burst: int
    per_s: float


class TokenBuckets:
    """A bucket for each client; safe to use from several threads."""

    def __init__(self, rate: Rate, most: int = MOST_CLIENTS, now_s: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._most, self._now_s = rate, most, now_s
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens left, and when
        self._lock = threading.Lock()

    def take(self, client: str) -> int | None:
        """Take a token, and return None; without one return in how many whole seconds there is one."""
        now = self._now_s()
        with self._lock:
            left, at = self._buckets.pop(client, (float(self._rate.burst), now))
            left = min(self._rate.burst, left + (now - at) * self._rate.per_s)
            taken = left >= 1
            self._buckets[client] = (left - taken, now)
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        return None if taken else max(1, math.ceil((1 - left) / self._rate.per_s))

    def __len__(self) -> int:
        """Return how many clients are remembered."""
        return len(self._buckets)
