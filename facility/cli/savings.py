"""Measured savings beside what was promised, each with its 90 % interval and what it is measured against.

Without options: the newest applied recommendations and the month so far. `facility switchback` puts a change on and off by chance
instead: the surest way to know what it saves.
"""

from __future__ import annotations

import argparse
from contextlib import closing

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from facility.cli.common import add_output, add_site, emit, open_site
from facility.clock import SystemClock
from facility.records import Interval
from facility.savings.boundary import Option
from facility.savings.collect import Collected, collect
from facility.savings.month import check_month
from facility.savings.report import saving_row, savings_document
from facility.site import Site
from facility.site_history import open_site_history
from facility.site_journal import open_forecast_archive, open_site_journal, open_switchback_book


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_site(parser)
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument("--month", metavar="YYYY-MM", help="all that was applied in a month, together")
    asked.add_argument(
        "--recommendation", metavar="ID", help="one that was applied, with those applied together with it"
    )
    options = [option.value for option in Option]
    told = "of IPMVP: B, the cooling plant's meters, or C, the site's (default: what fits)"
    parser.add_argument("--option", choices=options, help=told)
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure and print."""
    loaded, state = open_site(arguments)
    clock = SystemClock()
    month = None if arguments.month is None else check_month(arguments.month)
    with (
        closing(open_site_history(loaded, state, clock)) as telemetry,
        closing(open_site_journal(loaded, state)) as journal,
        closing(open_switchback_book(loaded, state)) as trials,
        closing(open_forecast_archive(loaded, state)) as archive,
    ):
        found = collect(
            loaded, telemetry, journal, clock.now(), month=month, recommendation=arguments.recommendation,
            trials=trials.all(), option=None if arguments.option is None else Option(arguments.option),
            archive=archive,
        )  # fmt: skip
    document = savings_document(loaded.site.id, loaded.site.currency, found.savings, found.unmeasured)
    emit(arguments, tables(found, loaded.site), document, [saving_row(one) for one in found.savings])
    return 0


def tables(found: Collected, site: Site) -> list[RenderableType]:
    """Return what was measured as a table, with a line for what it is measured against, each note, and what was not."""
    if not found.savings and not found.unmeasured:
        return [Text("Nothing was applied yet.")]
    table = Table(title=f"{site.name}: measured savings (90 % intervals)", title_justify="left")
    table.add_column("of", overflow="fold")
    table.add_column("hours", justify="right")
    for heading in ("promised kW", "measured kW", "kWh", site.currency, "kgCO2"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for one in found.savings:
        figures = (one.promised_kw, one.saved_kw, one.saved_kwh, one.saved_cost, one.saved_kgco2)
        table.add_row(one.name, str(one.hours), *map(_shown, figures), one.verdict)
    lines = [Text(f"{one.name}: against {one.against}") for one in found.savings]
    lines += [Text(f"{one.name}: note: {note}") for one in found.savings for note in one.notes]
    lines += [
        Text(f"{one.name}: {one.deferred_kwh:+.1f} kWh only deferred, taken off")
        for one in found.savings
        if abs(one.deferred_kwh) >= 0.05
    ]
    lines += [Text(f"{name}: not measured: {why}") for name, why in found.unmeasured]
    return [*([table] if found.savings else []), *lines]


def _shown(figure: Interval) -> str:
    return f"{figure.value:.1f} ({figure.low:.1f} to {figure.high:.1f})"
