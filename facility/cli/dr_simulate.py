"""`facility dr simulate SITE --kw --start --duration`: what an event would do, cost and earn; nothing is kept or promised."""

from __future__ import annotations

import argparse
from datetime import timedelta

import numpy as np
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from facility.advise.offer_report import SOURCES, Row
from facility.cli.common import add_output, add_site, emit, open_site
from facility.cli.times import allow_relative_times, span_of, time_of
from facility.clock import SystemClock
from facility.environment import open_environment
from facility.offering import Offering
from facility.plan.event_answer import SITE_KW, EventAnswer
from facility.site import Site


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    allow_relative_times(parser)
    add_site(parser)
    parser.add_argument("--kw", type=float, required=True, help="how much less the site shall draw")
    parser.add_argument("--start", required=True, metavar="TIME", help="when it begins: ISO in site time")
    parser.add_argument("--duration", default="1h", metavar="SPAN", help="for how long (default: 1h)")
    parser.add_argument("--notice", metavar="SPAN", help="how long before it is told (default: now)")
    parser.add_argument("--payment", type=float, default=0.0, metavar="MONEY", help="for each kWh delivered")
    parser.add_argument(
        "--penalty", type=float, metavar="MONEY", help="for each kWh not delivered (default: it must deliver)"
    )
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Plan with the event and without it, and print the difference."""
    loaded, state = open_site(arguments)
    clock = SystemClock()
    start = time_of(arguments.start, clock.now(), loaded.site.zone)
    end = start + span_of(arguments.duration, "--duration")
    notice = start - clock.now() if arguments.notice is None else span_of(arguments.notice, "--notice")
    with open_environment(loaded, state, clock) as environment:
        offering = Offering.of(environment)
    given = offering.simulate(arguments.kw, start, end, notice, arguments.penalty)
    summary, rows = _summary(given, arguments.payment), _rows(loaded.site, given)
    document = {"site": loaded.site.id, "currency": loaded.site.currency, "event": summary, "course": rows}
    emit(arguments, _tables(loaded.site, summary, rows), document, rows)
    return 0


def _summary(given: EventAnswer, payment_per_kwh: float) -> Row:
    (outcome,) = [one for one in given.plan.commitments if one.id == given.asked.id]
    hours = (given.asked.end - given.asked.start) / timedelta(hours=1)
    delivered_kwh = given.asked.amount_kw * hours - outcome.shortfall_kwh
    cost, earned = given.cost(), payment_per_kwh * delivered_kwh - outcome.cost
    return {
        "asked_kw": given.asked.amount_kw,
        "least_kw": outcome.delivered_kw,
        "delivered_kwh": delivered_kwh,
        "shortfall_kwh": outcome.shortfall_kwh,
        **{f"{source}_kw": kw for source, kw in given.by_source_kw(given.during).items()},
        "margin_kw": given.margin_kw(given.during),
        "recovery_peak_kw": given.recovery_peak_kw,
        "recovery_kwh": given.recovery_kwh,
        "cost": cost,
        "earned": earned,
        "gain": earned - cost,
        "limits_that_bind": sorted(given.plan.binding_limits),
    }


def _rows(site: Site, given: EventAnswer) -> list[Row]:
    """Return the course from the notice to the end of the recovery."""
    last, less_kw = int(given.after.max(initial=given.during.max(initial=0))), given.less_kw
    answered_kw, during = given.plan.schedule[SITE_KW], set(given.during.tolist())
    return [
        {
            "time": given.inputs.time_of(step).astimezone(site.zone).isoformat(timespec="minutes"),
            "without_kw": float(given.baseline[SITE_KW][step]),
            "with_kw": float(answered_kw[step]),
            "less_kw": float(less_kw[step]),
            "asked_kw": given.asked.amount_kw if step in during else 0.0,
        }
        for step in np.arange(last + 1).tolist()
    ]


def _tables(site: Site, summary: Row, rows: list[Row]) -> list[RenderableType]:
    table = Table(title="Course, kW at the meter, in site time", title_justify="left")
    for heading in ("time", "without", "with", "less", "asked"):
        table.add_column(heading, justify="right")
    for row in rows:
        powers = (f"{row[name]:,.0f}" for name in ("without_kw", "with_kw", "less_kw", "asked_kw"))
        table.add_row(str(row["time"])[5:16].replace("T", " "), *powers)
    sources = ", ".join(f"{source} {_whole(summary[f'{source}_kw'])}" for source in SOURCES)
    money = f"costs {summary['cost']:,.2f}, earns {summary['earned']:,.2f}: {summary['gain']:+,.2f} {site.currency}"
    return [
        Text(
            f"{site.name}: {summary['asked_kw']:,.0f} kW less asked, at least {summary['least_kw']:,.1f} kW planned; "
            f"{summary['delivered_kwh']:,.0f} kWh delivered, {summary['shortfall_kwh']:,.1f} kWh short",
            style="bold",
        ),
        Text(f"mean kW by what gives it: {sources}"),
        Text(f"one time in ten it is {summary['margin_kw']:,.1f} kW less or worse"),
        Text(
            f"in the hours after {summary['recovery_kwh']:,.0f} kWh more, its peak {summary['recovery_peak_kw']:,.0f} kW higher"
        ),
        Text(money),
        table,
    ]


def _whole(kw: object) -> str:
    return f"{round(kw) + 0:,}" if isinstance(kw, float) else "-"
