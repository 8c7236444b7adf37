"""A fleet of which one device in five is dead, slow, answers garbage or is cut off in mid-frame: what the others notice."""

from __future__ import annotations

from tools.bench.poll_fleet import Fleet
from tools.bench.rows import Row
from tools.bench.whole_way import Faults, drive

# An hour of polls every 30 s in one minute. Slow answers come after the question was given up.
_FLEET = Fleet(80, 20, interval_s=0.5, flush_interval_s=5.0, timeout_s=0.15)
_FAULTS = Faults(period_s=4.0, slow_s=0.25)
_POLLS_AN_HOUR = 120
_HOURS, _QUICK_HOURS = 2.0, 0.15


def fault_rows(quick: bool) -> list[Row]:
    """Measure the lateness of the devices that are well, and how the process grows in an hour of so many polls."""
    intervals = round((_QUICK_HOURS if quick else _HOURS) * _POLLS_AN_HOUR)
    way = drive(_FLEET, intervals, _FAULTS)
    grown_mb = way.rss_slope_mb_per_s * _POLLS_AN_HOUR * _FLEET.interval_s
    return [
        Row("healthy_late_readings_with_faults", way.stored.late_share, "share"),
        Row("healthy_wrong_readings_with_faults", way.stored.wrong, ""),
        Row("rss_slope_mb_per_hour_with_faults", grown_mb, "MB"),
        Row("cpu_share_of_core_with_faults", way.cpu_share, "share"),
    ]
