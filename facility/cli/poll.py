"""Poll the devices of a site for a while into its history, and show how they answered."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping
from contextlib import suppress

from rich.table import Table

from facility.acquire.poller import Poller
from facility.acquire.statistics import DeviceStatistics
from facility.cli.common import Row, add_output, add_site, emit, open_site
from facility.clock import SystemClock
from facility.records import Quality, ReadingBatch
from facility.site_file import LoadedSite
from facility.site_history import open_site_history


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_site(parser)
    parser.add_argument(
        "--for", dest="seconds", type=float, default=60.0, metavar="SECONDS", help="how long (default: 60)"
    )
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Poll, then print a summary by device; 1 when no device gave a good reading."""
    loaded, state = open_site(arguments)
    tally = _Tally(loaded)
    with open_site_history(loaded, state, SystemClock(), read_only=False) as telemetry:

        def keep(batch: ReadingBatch) -> None:
            telemetry.append(batch)
            tally.add(batch)

        poller = Poller(loaded, keep, SystemClock())
        statistics = asyncio.run(_poll(poller, arguments.seconds))
        telemetry.flush()
    rows = tally.rows(statistics)
    emit(arguments, [_table(rows)], rows, rows)
    return 0 if any(row["good"] for row in rows) else 1


async def _poll(poller: Poller, seconds: float) -> Mapping[str, DeviceStatistics]:
    polling = asyncio.create_task(poller.run())
    await asyncio.wait([polling], timeout=seconds)
    statistics = poller.statistics()
    polling.cancel()
    with suppress(asyncio.CancelledError):
        await polling
    return statistics


class _Tally:
    """Counts kept readings by device and quality."""

    def __init__(self, loaded: LoadedSite) -> None:
        self._device_of = {point.id: point.device for point in loaded.points}
        self._counts = {device.id: dict.fromkeys(Quality, 0) for device in loaded.site.devices}

    def add(self, batch: ReadingBatch) -> None:
        for point, quality in zip(batch.points, batch.quality, strict=True):
            self._counts[self._device_of[point]][Quality(quality)] += 1

    def rows(self, statistics: Mapping[str, DeviceStatistics]) -> list[Row]:
        return [
            {
                "device": device,
                **{quality.name.lower(): count for quality, count in counts.items()},
                "latency_ms": _milliseconds(statistics.get(device)),
                "fault": (statistics[device].last_fault or "") if device in statistics else "",
            }
            for device, counts in self._counts.items()
        ]


def _milliseconds(statistics: DeviceStatistics | None) -> float | None:
    return None if statistics is None or statistics.latency_s is None else round(1000 * statistics.latency_s, 1)


def _table(rows: list[Row]) -> Table:
    table = Table(title="Readings by device", title_justify="left")
    for heading in ("device", "good", "stale", "bad", "out of range", "ms", "last fault"):
        table.add_column(heading, justify="left" if heading in ("device", "last fault") else "right", overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    return table
