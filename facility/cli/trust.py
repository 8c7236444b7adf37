"""Show which readings cannot be believed, since when, and what shows it.

Looks at the readings before --at as an inspection of the service does, and changes nothing. What the service has found before and
not yet seen to be right is shown as open.
"""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta

from rich.console import RenderableType
from rich.table import Table

from facility.cli.common import Row, add_output, add_site, emit, open_site
from facility.clock import SystemClock
from facility.errors import ConfigurationError
from facility.findings import read_findings
from facility.records import Finding
from facility.site_file import LoadedSite
from facility.site_history import open_site_history
from facility.trust.inspection import inspect


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_site(parser)
    parser.add_argument("--at", metavar="TIME", help="inspect as of this time, ISO, in the site's zone (default: now)")
    parser.add_argument(
        "--hours", type=float, default=24.0, help="how far to look back; more finds slower drift (default: 24)"
    )
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Inspect the history of a site and print what was found."""
    if not 3.0 <= arguments.hours <= 24.0 * 31:
        raise ConfigurationError(f"--hours {arguments.hours:g}: expected 3 to 744")
    loaded, state = open_site(arguments)
    clock = SystemClock()
    at = _time(arguments.at, loaded) if arguments.at else clock.now()
    known = [finding for finding, _ in read_findings(state.findings) if finding.since < at]
    with open_site_history(loaded, state, clock) as telemetry:
        seen = inspect(loaded, telemetry, at, known, timedelta(hours=arguments.hours))
    open_points = {finding.point for finding in known}
    findings = [*known, *(finding for finding in seen.findings if finding.point not in open_points)]
    rows = [_row(finding, loaded, finding.point in open_points) for finding in findings]
    emit(arguments, [_table(rows, at, loaded)], {"at": at, "hours": arguments.hours, "findings": rows}, rows)
    return 0


def _time(text: str, loaded: LoadedSite) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"--at {text!r}: expected a time such as 2026-07-01T06:00") from None
    return time if time.tzinfo else time.replace(tzinfo=loaded.site.zone)


def _row(finding: Finding, loaded: LoadedSite, is_open: bool) -> Row:
    return {
        "point": finding.point,
        "kind": finding.kind,
        "since": finding.since.astimezone(loaded.site.zone).isoformat(timespec="minutes"),
        "factor": finding.factor,
        "open": is_open,
        "evidence": finding.evidence,
    }


def _table(rows: list[Row], at: datetime, loaded: LoadedSite) -> RenderableType:
    local = f"{at.astimezone(loaded.site.zone):%Y-%m-%d %H:%M}"
    if not rows:
        return f"No reading before {local} is found wrong."
    table = Table(title=f"Readings that are not believed, {local}", show_lines=True)
    for heading in ("point", "kind", "since", "reads / truth", "open", "evidence"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        factor = "" if row["factor"] is None else f"{row['factor']:g}"
        is_open = "yes" if row["open"] else "not yet"
        table.add_row(str(row["point"]), str(row["kind"]), str(row["since"]), factor, is_open, str(row["evidence"]))
    return table
