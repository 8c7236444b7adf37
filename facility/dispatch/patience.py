"""How long something has been missing, as this process has seen it."""

from __future__ import annotations

from datetime import datetime, timedelta

from facility.ports import Clock


class Patience:
    """Remembers since when; a restart begins anew, which only lengthens it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[tuple[str, str], datetime] = {}

    def lasts(self, subject: str, what: str) -> timedelta:
        """Return how long something has been so; from now on where it was not before."""
        now = self._clock.now()
        return now - self._since.setdefault((subject, what), now)

    def over(self, subject: str, what: str) -> None:
        """Say that it is over."""
        self._since.pop((subject, what), None)
