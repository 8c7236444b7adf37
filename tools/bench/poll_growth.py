"""How the polling process grows from 100 to 5,000 devices, polled every 10 s: CPU and memory."""

from __future__ import annotations

from collections.abc import Iterator

from tools.bench.cores import on_first_core
from tools.bench.poll_fleet import Fleet
from tools.bench.rows import Row
from tools.bench.whole_way import drive

_DEVICES, _QUICK_DEVICES = (100, 500, 1000, 2500, 5000), (20, 100)
_INTERVALS = 3


def run(quick: bool) -> list[Row]:
    """Measure; four devices in five are PDUs of 60 points, the others meters of 100 registers."""
    interval_s = 2.0 if quick else 10.0
    with on_first_core():
        return [row for devices in (_QUICK_DEVICES if quick else _DEVICES) for row in _rows(devices, interval_s)]


def _rows(devices: int, interval_s: float) -> Iterator[Row]:
    fleet = Fleet(devices * 4 // 5, devices // 5, interval_s, flush_interval_s=interval_s)
    way = drive(fleet, _INTERVALS)
    name = f"poll_growth_{devices}_devices"
    yield Row(f"{name}_cpu_share_of_core", way.cpu_share, "share")
    yield Row(f"{name}_peak_rss_mb", way.peak_rss_mb, "MB")
    yield Row(f"{name}_steady_rss_mb", way.steady_rss_mb, "MB")
    yield Row(f"{name}_late_readings", way.stored.late_share, "share")
