"""How many notifications are taken: a bucket of tokens that fills at a steady rate."""

from __future__ import annotations

from collections.abc import Callable


class Bucket:
    """As many tokens as come in a minute, all there at the start."""

    __slots__ = ("_at_s", "_monotonic", "_per_min", "_tokens")

    def __init__(self, per_min: int, monotonic: Callable[[], float]) -> None:
        self._per_min = per_min
        self._tokens = float(per_min)
        self._monotonic = monotonic
        self._at_s = monotonic()

    @property
    def full(self) -> bool:
        """Whether no token has been missing for a while."""
        self._fill()
        return self._tokens >= self._per_min

    def take(self) -> bool:
        """Take a token, if there is one."""
        self._fill()
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def _fill(self) -> None:
        now_s = self._monotonic()
        self._tokens = min(self._per_min, self._tokens + (now_s - self._at_s) * self._per_min / 60)
        self._at_s = now_s
