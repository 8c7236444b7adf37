"""Show each signal that is fetched: provider, issue, age, state, what it says next, what stands in where it fails.

With --fetch every provider is asked now, and what it publishes is kept; that is how to try a new source.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from facility.cli.common import Row, add_output, add_site, emit, open_site
from facility.clock import SystemClock
from facility.errors import ConfigurationError
from facility.ports import ForecastArchive
from facility.signals.fetcher import Fetcher, SourceStatus
from facility.signals.published import last_issue, values_at
from facility.signals.sources import Configured, sources_of
from facility.site import Site
from facility.site_journal import open_forecast_archive

MOST_HOURS = 168


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_site(parser)
    parser.add_argument("--fetch", action="store_true", help="ask every provider now, and keep what it publishes")
    parser.add_argument("--hours", type=int, default=6, metavar="N", help="how many hours to show (default: 6)")
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print them; with --fetch, exit code 1 where a provider gave nothing."""
    if not 0 <= arguments.hours <= MOST_HOURS:
        raise ConfigurationError(f"--hours {arguments.hours}: expected 0 to {MOST_HOURS}")
    loaded, state = open_site(arguments)
    site, clock = loaded.site, SystemClock()
    sources = sources_of(site, loaded.path.parent)
    fetcher = Fetcher(sources, timedelta(hours=site.planning.horizon_h))
    with closing(open_forecast_archive(loaded, state)) as archive:
        statuses = fetcher.fetch_due(archive, clock.now) if arguments.fetch else fetcher.look(archive, clock.now)
        rows = [
            row
            for source, status in zip(sources, statuses, strict=True)
            for row in _rows(source, status, archive, clock.now(), arguments.hours)
        ]
    emit(arguments, _tables(rows, site), {"site": site.id, "signals": rows}, [_flat(row) for row in rows])
    return 1 if arguments.fetch and any(status.error for status in statuses) else 0


def _rows(source: Configured, status: SourceStatus, archive: ForecastArchive, now: datetime, hours: int) -> list[Row]:
    """Return a row for each quantity of a provider."""
    rows: list[Row] = []
    ahead = pd.date_range(pd.Timestamp(now).floor("h"), periods=hours, freq="h")
    for quantity in source.provider.quantities:
        issue = last_issue(archive, quantity, source.provider.name, now)
        values = np.full(hours, np.nan) if issue is None else values_at(issue, ahead)
        rows.append(
            {
                "quantity": quantity,
                "provider": source.provider.name,
                "state": status.state,
                "fetched": None if issue is None else issue.issued.isoformat(timespec="seconds"),
                "published": None if issue is None else issue.source.partition(", issued ")[2] or None,
                "age_h": None if issue is None else round((now - issue.issued) / timedelta(hours=1), 2),
                "oldest_h": source.source.oldest_h,
                "until": None if issue is None else issue.times[-1].isoformat(timespec="minutes"),
                "dropped": status.dropped,
                "error": status.error,
                "fallback": source.fallback,
                "next": {
                    f"{time:%Y-%m-%dT%H:%M}Z": None if np.isnan(value) else round(float(value), 5)
                    for time, value in zip(ahead, values, strict=True)
                },
            }
        )
    return rows


def _flat(row: Row) -> Row:
    """Return a row for CSV: what comes next in one field, in order."""
    upcoming = row["next"]
    assert isinstance(upcoming, dict)
    return {**row, "next": " ".join("" if value is None else f"{value:g}" for value in upcoming.values())}


def _tables(rows: Sequence[Row], site: Site) -> list[RenderableType]:
    if not rows:
        return [
            Text("This site fetches nothing: its prices, carbon intensities and weather are its own (docs/signals.md).")
        ]
    table = Table(title=f"{site.name}: signals", title_justify="left")
    for heading in ("quantity", "provider", "state", "fetched", "age h", "until"):
        table.add_column(heading, overflow="fold")
    table.add_column("next hours", overflow="fold")
    for row in rows:
        shown = (row[key] for key in ("quantity", "provider", "state", "fetched", "age_h", "until"))
        table.add_row(*("-" if one is None else str(one) for one in shown), str(_flat(row)["next"]) or "-")
    lost = {
        f"{row['provider']}: {row['error'] or 'nothing fetched yet'}; {row['fallback']} stands in": row for row in rows
    }
    return [table, *(Text(line) for line, row in lost.items() if row["state"] == "fallback")]
