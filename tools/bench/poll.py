"""Polling: CPU of SNMP and Modbus beside peers; a fleet from the wire to the durable table, well and with faults."""

from __future__ import annotations

from collections.abc import Iterator

from tools.bench.cores import on_first_core
from tools.bench.poll_faults import fault_rows
from tools.bench.poll_fleet import Fleet
from tools.bench.poll_protocols import protocol_rows
from tools.bench.rows import Row
from tools.bench.whole_way import WholeWay, drive

# The second gathers as many rows a flush as the fleet does at 30 s in the default five minutes: what a flush takes in memory.
_FLEETS = {
    "": (Fleet(2000, 500, interval_s=30.0, flush_interval_s=45.0), 4),
    "_10s": (Fleet(2000, 500, interval_s=10.0, flush_interval_s=100.0), 20),
}
_QUICK_FLEETS = {
    "": (Fleet(80, 20, interval_s=2.0, flush_interval_s=3.0), 3),
    "_10s": (Fleet(80, 20, interval_s=1.0, flush_interval_s=2.0), 5),
}


def run(quick: bool) -> list[Row]:
    """Measure; `quick` takes fewer devices, shorter intervals and less time, so that it says nothing about scale."""
    with on_first_core():
        rows = protocol_rows(quick)
        ways = {name: drive(*fleet) for name, fleet in (_QUICK_FLEETS if quick else _FLEETS).items()}
        rows.append(Row("whole_way_rss_mb", max(way.peak_rss_mb for way in ways.values()), "MB"))
        rows += [row for name, way in ways.items() for row in _whole_way_rows(f"whole_way{name}", way)]
        return rows + fault_rows(quick)


def _whole_way_rows(name: str, way: WholeWay) -> Iterator[Row]:
    yield Row(f"{name}_cpu_share_of_core", way.cpu_share, "share")
    yield Row(f"{name}_peak_rss_mb", way.peak_rss_mb, "MB")
    yield Row(f"{name}_steady_rss_mb", way.steady_rss_mb, "MB")
    yield Row(f"{name}_late_readings", way.stored.late_share, "share")
    yield Row(f"{name}_flushes", way.flushes, "")
    yield Row(f"{name}_stored_readings", way.stored.good, "", way.answered, way.stored.good / max(1, way.answered))
    yield Row(f"{name}_wrong_readings", way.stored.wrong, "")
