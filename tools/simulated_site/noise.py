"""Randomness that is a function of time, so that any step length and any restart see the same weather and the same work."""

from __future__ import annotations

import math
import random
from functools import lru_cache


@lru_cache(maxsize=4096)
def _knot(key: str, index: int) -> float:
    return random.Random(f"{key}/{index}").gauss(0.0, 1.0)


@lru_cache(maxsize=4096)
def _draw(key: str) -> float:
    return random.Random(key).random()


def smooth_noise(key: str, time_s: float, period_s: float) -> float:
    """Return a smooth random course: about normal(0, 1), with one independent knot a period, cosine between them."""
    position = time_s / period_s
    index = math.floor(position)
    blend = 0.5 - 0.5 * math.cos(math.pi * (position - index))
    return (1.0 - blend) * _knot(key, index) + blend * _knot(key, index + 1)


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
