"""What became of a device's polls, for metrics and health."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from facility.records import Quality


@dataclass(slots=True)
class DeviceStatistics:
    """Counts since the start, and the last poll."""

    device: str
    polls: int = 0
    failures: int = 0  # polls that ended with a fault
    consecutive_failures: int = 0
    skipped: int = 0  # slots missed because the last poll took too long
    last_success: datetime | None = None
    last_fault: str | None = None
    latency_s: float | None = None  # of the last poll that was answered
    slow: bool = False  # that poll took more than half of the interval
    points: Mapping[Quality, int] = field(default_factory=dict)  # as last polled, by quality
