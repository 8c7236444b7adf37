"""`facility dr offer SITE`: how much less the site could draw in each of the coming hours, at what cost, how surely."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta

from rich.console import Console
from rich.progress import track
from rich.table import Table

from facility.advise.offer_report import Row, offer_row
from facility.cli.common import add_output, add_site, emit, open_site
from facility.cli.times import span_of
from facility.clock import SystemClock
from facility.environment import open_environment
from facility.errors import InfeasibleError, NoPlanFoundError
from facility.history.offer_book import KeptOffers, OfferBook, OffersAsked
from facility.offering import Offering, worthwhile
from facility.plan.offers import Call
from facility.promises import Offer
from facility.site import Site

_MINUTE = timedelta(minutes=1)
_COLUMNS = {
    "start": "from",
    "price_per_kwh": "at most, a kWh",
    "kw": "kW, 9 of 10",
    "expected_kw": "kW expected",
    "cost": "cost",
    "cost_per_kwh": "a kWh",
    "ramp_min": "ramp min",
    "battery_kw": "battery",
    "it_kw": "IT",
    "cooling_kw": "cooling",
    "other_kw": "other",
    "recovery_peak_kw": "peak after",
    "recovery_kwh": "kWh after",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_site(parser)
    parser.add_argument("--hours", type=_hours, default=12, metavar="N", help="how many hours ahead (default: 12)")
    parser.add_argument("--duration", default="1h", metavar="SPAN", help="of each event (default: 1h)")
    parser.add_argument("--notice", default="1h", metavar="SPAN", help="how long before it is told (default: 1h)")
    parser.add_argument("--keep", action="store_true", help="keep them for the API and the console too")
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Plan an event in each hour, at three prices, and print what each would bring."""
    loaded, state = open_site(arguments)
    duration, notice = span_of(arguments.duration, "--duration"), span_of(arguments.notice, "--notice")
    book = OfferBook(state.offers)
    with book.held() if arguments.keep else nullcontext():
        with open_environment(loaded, state, SystemClock()) as environment:
            offering = Offering.of(environment)
        found, without = _offers(offering, list(offering.calls(arguments.hours, duration, notice)), loaded.site)
        rows = [offer_row(one, loaded.site.zone) for one in worthwhile(found)]
        if arguments.keep:
            asked = OffersAsked(arguments.hours, duration / _MINUTE, notice / _MINUTE)
            book.keep(KeptOffers(asked, offering.inputs.created, loaded.revision, rows, without))
    emit(arguments, [_table(loaded.site, arguments, rows)], {"site": loaded.site.id, "offers": rows}, rows)
    return 0


def _offers(offering: Offering, calls: Sequence[Call], site: Site) -> tuple[list[Offer], list[tuple[datetime, str]]]:
    """Return what can be offered, and when nothing can, with why: that is said as it goes, too."""
    found: list[Offer] = []
    without: list[tuple[datetime, str]] = []
    for call in track(calls, "Planning events", console=Console(file=sys.stderr), transient=True):
        try:
            found.append(offering.offer(call))
        except (InfeasibleError, NoPlanFoundError) as error:
            without.append((call.start, str(error)))
            sys.stderr.write(f"{call.start.astimezone(site.zone):%H:%M}: no offer: {error}\n")
    return found, without


def _hours(text: str) -> int:
    hours = int(text)
    if not 1 <= hours <= 48:
        raise argparse.ArgumentTypeError("from 1 to 48")
    return hours


def _table(site: Site, arguments: argparse.Namespace, rows: Sequence[Row]) -> Table:
    title = f"{site.name}: less for {arguments.duration}, told {arguments.notice} before; {site.currency}, site time"
    table = Table(title=title, title_justify="left")
    for heading in _COLUMNS.values():
        table.add_column(heading, justify="right", overflow="fold")
    for row in rows:
        table.add_row(str(row["start"])[8:16].replace("T", " "), *(_cell(row[name]) for name in list(_COLUMNS)[1:]))
    return table


def _cell(value: object) -> str:
    return (
        "-" if value is None else f"{value:,.2f}" if isinstance(value, float) and abs(value) < 10 else f"{value:,.0f}"
    )
