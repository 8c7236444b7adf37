"""Time stamps of readings from the injected clock, and a warning when that clock jumps.

When to poll is decided by the loop's monotonic time; the wall clock only stamps. Small steps back (NTP) do not repeat a stamp;
after a large one the new time is taken, since the old one was wrong.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from facility.ports import Clock

_JUMP_S = 5.0
_QUIET_S = 60.0  # between two warnings

log = structlog.get_logger(__name__)


class ClockWatch:
    """Stamps readings, and notices when the clock and the machine's monotonic time drift apart at once."""

    def __init__(self, clock: Clock, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._offset_s: float | None = None
        self._last_us = 0
        self._warned_at = -_QUIET_S
        self.jumps = 0

    def now_us(self) -> int:
        """Return microseconds since the epoch."""
        wall_s, elapsed_s = self._clock.now().timestamp(), self._monotonic()
        jumped_s = 0.0 if self._offset_s is None else wall_s - elapsed_s - self._offset_s
        self._offset_s = wall_s - elapsed_s
        if abs(jumped_s) > _JUMP_S:
            self._notice(jumped_s, elapsed_s)
            self._last_us = 0
        self._last_us = max(round(wall_s * 1e6), self._last_us + 1)
        return self._last_us

    def _notice(self, jumped_s: float, elapsed_s: float) -> None:
        self.jumps += 1
        if elapsed_s - self._warned_at >= _QUIET_S:
            self._warned_at = elapsed_s
            log.warning("the clock jumped; readings carry the new time", by_s=round(jumped_s, 1), jumps=self.jumps)
