"""When a device is polled: evenly spread phases, slots that are skipped when late, a back-off that grows. Pure."""

from __future__ import annotations

import math
import zlib

_LONGEST_BACK_OFF = 5  # intervals


def phase_s(device: str, interval_s: float) -> float:
    """Return the device's place within its interval: the same at each start, spread evenly over devices."""
    return interval_s * (zlib.crc32(device.encode()) % 1000) / 1000


def next_slot(slot: float, interval_s: float, now: float) -> tuple[float, int]:
    """Return the next slot after `now` on the grid of `slot`, and how many were missed: they are never made up for."""
    steps = max(1, math.ceil((now - slot) / interval_s))
    return slot + steps * interval_s, steps - 1


def slots_to_wait(consecutive_failures: int, spread: float) -> int:
    """Return how many slots to leave out after so many failures in a row; `spread` in [0, 1) is the jitter."""
    longest = min(1 << min(consecutive_failures - 1, 10), _LONGEST_BACK_OFF) - 1
    return round(longest * (0.6 + 0.4 * spread))
