"""Recompute a month's bill from the main meter's history, line by line, as the site file describes the tariff.

What was not measured is not billed; the share of the month that was measured stands beside the total.
"""

from __future__ import annotations

import argparse
from contextlib import closing
from datetime import datetime

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from facility.cli.common import Row, add_output, add_site, emit, open_site
from facility.clock import SystemClock
from facility.prepare.metered_month import metered_month
from facility.savings.month import check_month
from facility.signals.bill import Bill, bill
from facility.site import Site
from facility.site_history import open_site_history
from facility.site_journal import open_forecast_archive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_site(parser)
    parser.add_argument("--month", required=True, metavar="YYYY-MM", help="calendar month in site time")
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compute and print it."""
    month = check_month(arguments.month)
    loaded, state = open_site(arguments)
    site, clock = loaded.site, SystemClock()
    inside = datetime.fromisoformat(f"{month}-15").replace(tzinfo=site.zone)
    with (
        closing(open_site_history(loaded, state, clock)) as telemetry,
        closing(open_forecast_archive(loaded, state)) as archive,
    ):
        metered = metered_month(loaded, telemetry, archive, inside, clock.now())
    found = bill(site.tariff, site.zone, metered)
    rows = _rows(found, site)
    document = {
        "site": site.id,
        "month": month,
        "currency": site.currency,
        "measured_frac": round(found.measured_frac, 6),
        "lines": rows,
        "total": round(found.total, 2),
    }
    emit(arguments, _tables(found, site, month), document, rows)
    return 0


def _rows(found: Bill, site: Site) -> list[Row]:
    return [
        {
            "line": one.name,
            "quantity": round(one.quantity, 3),
            "unit": one.unit,
            "price": round(one.price, 6),
            "amount": round(one.amount, 2),
            "currency": site.currency,
        }
        for one in found.lines
    ]


def _tables(found: Bill, site: Site, month: str) -> list[RenderableType]:
    table = Table(title=f"{site.name}: {month}", title_justify="left")
    table.add_column("line", overflow="fold")
    for heading in ("quantity", "unit", "price", site.currency):
        table.add_column(heading, justify="left" if heading == "unit" else "right", no_wrap=True)
    for one in found.lines:
        table.add_row(one.name, f"{one.quantity:,.1f}", one.unit, f"{one.price:.5g}", f"{one.amount:,.2f}")
    table.add_section()
    table.add_row("total", "", "", "", f"{found.total:,.2f}")
    lines: list[RenderableType] = [table]
    if found.measured_frac < 1.0:
        lines.append(Text(f"{found.measured_frac:.1%} of the hours were measured; the others are not billed."))
    return lines
