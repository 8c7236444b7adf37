"""When a device is polled: evenly spread phases, slots skipped when late, a failed device asked at jittered times. Pure."""

from __future__ import annotations

import math
import zlib

_LATEST_PROBE = 0.5  # of the interval


def phase_s(device: str, interval_s: float) -> float:
    """Return the device's place within its interval: the same at each start, spread evenly over devices."""
    return interval_s * (zlib.crc32(device.encode()) % 10_000) / 10_000


def next_slot(slot: float, interval_s: float, now: float) -> tuple[float, int]:
    """Return the next slot after `now` on the grid of `slot`, and how many were missed: they are never made up for."""
    steps = max(1, math.ceil((now - slot) / interval_s))
    return slot + steps * interval_s, steps - 1


def probe_delay_s(consecutive_failures: int, interval_s: float, spread: float) -> float:
    """Return how long after its slot a failed device is asked; `spread` in [0, 1) is the jitter.

    The jitter grows with the failures, so that devices behind one switch that comes back are not asked all at once. It stays within
    the interval, and a failed device gets one question only: it is noticed within one interval when it is back.
    """
    return interval_s * spread * min(0.1 * consecutive_failures, _LATEST_PROBE)
