"""Explain a plan: what each recommendation saves, which limits cost how much, what else there was, the risks, what changed."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from facility.advise.report import recommendation_rows, unmet_rows
from facility.advise.why import Row, explanation_rows
from facility.cli.common import add_output, add_site, emit, open_site
from facility.cli.times import allow_relative_times, time_of
from facility.clock import SystemClock
from facility.errors import JournalError
from facility.records import Plan
from facility.site import Site
from facility.site_journal import open_site_journal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_site(parser)
    parser.add_argument(
        "--at", metavar="TIME", default="now", help="the newest plan at this time: ISO, -2h or now (default)"
    )
    allow_relative_times(parser)
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the explanation that was kept with the newest plan at a time."""
    loaded, state = open_site(arguments)
    site, now = loaded.site, SystemClock().now()
    at = time_of(arguments.at, now, site.zone)
    with closing(open_site_journal(loaded, state)) as journal:
        plan = journal.plan_at(at)
        if plan is None:
            raise JournalError(f"no plan at or before {_told(at, site)}; `facility recommend SITE` makes one")
        recommendations = [one for one in journal.recommendations() if one.plan_id == plan.id]
    rows = explanation_rows(plan, recommendations, site.currency)
    document = {
        "plan": plan.id,
        "site": site.id,
        "asked_for": at.isoformat(),
        "created": plan.created.isoformat(),
        "planned_until": plan.end.isoformat(),
        "unmet": unmet_rows(plan),
        "currency": site.currency,
        "recommendations": recommendation_rows(recommendations),
        "explanation": None if plan.explanation is None else dataclasses.asdict(plan.explanation),
        "notes": list(plan.notes),
    }
    emit(arguments, _tables(site, plan, at, rows), document, rows)
    return 0


def _tables(site: Site, plan: Plan, at: datetime, rows: Sequence[Row]) -> list[RenderableType]:
    title = f"{site.name}: plan {plan.id} of {_told(plan.created, site)}, the newest at {_told(at, site)}"
    lines: list[RenderableType] = [Text(title, style="bold")]
    if at >= plan.end:
        lines.append(Text("It had ended by then; no later plan was made.", style="bold"))
    topics = dict.fromkeys(row["topic"] for row in rows)
    lines += [_table(topic, [row for row in rows if row["topic"] == topic]) for topic in topics]
    return [*lines, *(Text(f"note: {note}") for note in plan.notes)]


def _table(topic: str, rows: Sequence[Row]) -> Table:
    table = Table(title=topic.capitalize(), title_justify="left", show_header=False)
    for row in rows:
        table.add_row(row["about"], row["statement"])
    return table


def _told(time: datetime, site: Site) -> str:
    return f"{time.astimezone(site.zone):%Y-%m-%d %H:%M %Z}"
