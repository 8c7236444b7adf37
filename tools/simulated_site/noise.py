"""Randomness that is a function of time, so that any step length and any restart see the same weather and the same work."""

from __future__ import annotations

import math
import random
from functools import lru_cache


@lru_cache(maxsize=4096)
def _draw(key: str) -> float:
    return random.Random(key).random()


class SmoothNoise:
    """A smooth random course: about normal(0, 1), with one independent knot a period, cosine between them.

    The knots around the last time asked for are kept, for the next one is nearly always between the same two.
    """

    __slots__ = ("_after", "_before", "_index", "_key", "_period_s")

    def __init__(self, key: str, period_s: float) -> None:
        self._key, self._period_s = key, period_s
        self._index: int | None = None
        self._before = self._after = 0.0

    def at(self, time_s: float) -> float:
        """Return the course at a time."""
        position = time_s / self._period_s
        index = math.floor(position)
        if index != self._index:
            self._index, self._before, self._after = index, self._knot(index), self._knot(index + 1)
        blend = 0.5 - 0.5 * math.cos(math.pi * (position - index))
        return (1.0 - blend) * self._before + blend * self._after

    def _knot(self, index: int) -> float:
        return _knot(self._key, index)


@lru_cache(maxsize=4096)
def _knot(key: str, index: int) -> float:
    return random.Random(f"{key}/{index}").gauss(0.0, 1.0)


class Hidden:
    """Parameters that the site file does not know: each named, drawn from the seed, so that nameplates are only roughly true."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def around(self, name: str, nominal: float, spread_frac: float) -> float:
        """Return a value within +-spread of the nominal one."""
        return nominal * (1.0 + spread_frac * self.between(name, -1.0, 1.0))

    def between(self, name: str, low: float, high: float) -> float:
        """Return a value between two bounds."""
        return low + (high - low) * _draw(f"{self.seed}/{name}")
