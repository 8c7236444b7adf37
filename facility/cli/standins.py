"""List, begin or end values that stand in for what sensors do not tell.

A value entered by hand (`--value`), or taken from another point (`--like`), stands in for a point until its time or until somebody
ends it. Plans are made with it and say so; models, savings, alarms and the second check of recommendations go by what is measured.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.table import Table

from facility.api.shown import Shown
from facility.cli.common import Row, actor, add_output, add_site, emit, open_site
from facility.cli.times import span_of
from facility.clock import SystemClock
from facility.history.dispatch_records import Said
from facility.history.stand_in_book import StandInBook, new_stand_in
from facility.site_file import LoadedSite
from facility.site_history import open_site_history
from facility.site_journal import open_stand_in_book
from facility.stand_ins import LONGEST, check_stand_in

_HELP = {
    "list": "show what stands in now, beside what is measured",
    "begin": "let a value stand in for a point, in place of the one before",
    "end": "let what the point measures count again",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="|".join(_HELP))
    for name, text in _HELP.items():
        action = actions.add_parser(name, help=text, description=text)
        add_site(action)
        if name == "begin":
            action.add_argument("point", metavar="POINT")
            where = action.add_mutually_exclusive_group(required=True)
            where.add_argument("--value", type=float, help="entered by hand, in the point's canonical unit")
            where.add_argument("--like", metavar="POINT", help="the point whose measured value is taken")
            action.add_argument("--for", dest="span", default="8h", metavar="SPAN",
                                help=f"how long (default: 8h; at most {LONGEST.days}d)")  # fmt: skip
        elif name == "end":
            action.add_argument("point", metavar="POINT")
        if name != "list":
            action.add_argument("--by", help="who decides (default: the user of this session)")
            action.add_argument("--reason", required=True, help="why; it goes to the journal")
        add_output(action)


def run(arguments: argparse.Namespace) -> int:
    """Begin or end one, and list."""
    loaded, state = open_site(arguments)
    clock = SystemClock()
    with (
        closing(open_stand_in_book(loaded, state)) as book,
        closing(open_site_history(loaded, state, clock)) as readings,
    ):
        if arguments.action != "list":
            _change(book, loaded, arguments)
        now = clock.now()
        rows = _rows(book, Shown(loaded.points, readings.latest(), {}, now))
    emit(arguments, [_table(rows, loaded.site.zone)], rows, rows)
    return 0


def _change(book: StandInBook, loaded: LoadedSite, arguments: argparse.Namespace) -> None:
    said = Said(actor(arguments.by), arguments.reason, SystemClock().now())
    if arguments.action == "end":
        book.end(loaded.points[arguments.point].id, said)
        return
    until = said.at + span_of(arguments.span, "--for")
    one = new_stand_in(arguments.point, said, until, value=arguments.value, source=arguments.like)
    check_stand_in(loaded.points, one)
    book.begin(one)


def _rows(book: StandInBook, shown: Shown) -> list[Row]:
    found = [one for one in book.holding(shown.now) if one.point in shown.points]
    return [
        {
            "point": one.point,
            "unit": shown.points[one.point].unit,
            "kind": one.kind.value,
            "value": shown.stood_in(one).value,
            "source": one.source,
            "by": one.by,
            "reason": one.reason,
            "at": one.at.isoformat(),
            "until": one.until.isoformat(),
            "measured": shown.measured(shown.points[one.point]).value,
            "measured_quality": shown.measured(shown.points[one.point]).quality,
        }
        for one in found
    ]


def _table(rows: Sequence[Row], zone: ZoneInfo) -> RenderableType:
    if not rows:
        return "Nothing stands in: all values are measured."
    drawn = Table(title="Values that stand in", title_justify="left")
    for heading in ("point", "stands in", "measured", "by", "until", "reason"):
        drawn.add_column(heading, overflow="fold")
    for row in rows:
        where = f" ({row['source']})" if row["source"] else ""
        measured = f"{_figure(row['measured'], row['unit'])} {row['measured_quality']}"
        until = _local(str(row["until"]), zone)
        stands = f"{_figure(row['value'], row['unit'])} {row['kind']}{where}"
        drawn.add_row(str(row["point"]), stands, measured, str(row["by"]), until, str(row["reason"]))
    return drawn


def _figure(value: object, unit: object) -> str:
    return f"{value:g} {unit}" if isinstance(value, float) else "-"


def _local(time: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(time).astimezone(zone):%Y-%m-%d %H:%M}"
