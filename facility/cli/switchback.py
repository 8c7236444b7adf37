"""Put a change on and off by chance and measure what it saves: the surest way to know.

Dispatch carries the blocks out, with all its checks; with `--by-hand` a person switches, by the timetable that `show` prints.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from facility.cli.common import actor, add_output, add_site, emit, open_site
from facility.cli.times import allow_relative_times, span_of
from facility.clock import SystemClock
from facility.dispatch.desk import DispatchDesk
from facility.dispatch.switchback import Timetable
from facility.history.switchback_records import Switchback
from facility.savings.switchback import measure_switchback
from facility.savings.switchback_report import switchback_document
from facility.site_journal import open_forecast_archive
from models.savings.timetable import LEAST_PAIRS

_HELP: Mapping[str, str] = {
    "start": "begin, of a recommendation that was approved or applied; what is held of it is put back first",
    "stop": "end it; what it holds is put back",
    "show": "show how the newest stands, or the one that is named: its timetable, and what it says so far",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="|".join(_HELP))
    for name, text in _HELP.items():
        action = actions.add_parser(name, help=text, description=text)
        allow_relative_times(action)
        add_site(action)
        if name == "start":
            _add_timetable(action)
        else:
            action.add_argument("id", nargs="?" if name == "show" else None, metavar="ID", help="of the switchback")
        if name != "show":
            action.add_argument("--by", help="who decides (default: the user of this session)")
            action.add_argument("--reason", required=True, help="why; it goes to the journal")
        add_output(action)


def _add_timetable(action: argparse.ArgumentParser) -> None:
    action.add_argument("recommendation", metavar="RECOMMENDATION")
    action.add_argument("--pairs", type=int, default=14, help=f"of blocks, at least {LEAST_PAIRS} (default: 14)")
    action.add_argument("--block", default="4h", metavar="SPAN", help="length of a block (default: 4h)")
    action.add_argument("--wash-out", default="1h", metavar="SPAN", help="left out at a block's begin (default: 1h)")
    action.add_argument("--by-hand", action="store_true", help="a person switches; nothing is written")
    action.add_argument("--seed", type=int, help="of the coins (default: one that chance finds, kept with the rest)")


def run(arguments: argparse.Namespace) -> int:
    """Act, and show how it stands."""
    loaded, state = open_site(arguments)
    with DispatchDesk(loaded, state, SystemClock()) as desk, closing(open_forecast_archive(loaded, state)) as archive:
        one = _acted(desk, arguments)
        if one is None:
            emit(arguments, [Text("There was no switchback yet.")], {}, [])
            return 0
        tried, now = desk.book.recommendation(one.recommendation), desk.clock.now()
        document = switchback_document(
            one, now, lambda: measure_switchback(loaded, desk.telemetry, one, tried, now, archive=archive)
        )
    emit(arguments, tables(document, loaded.site.zone.key), document, document["blocks"])
    return 0


def _acted(desk: DispatchDesk, arguments: argparse.Namespace) -> Switchback | None:
    if arguments.action == "start":
        asked = Timetable(
            arguments.pairs, span_of(arguments.block, "--block"), span_of(arguments.wash_out, "--wash-out"),
            arguments.by_hand, arguments.seed,
        )  # fmt: skip
        return desk.start_switchback(arguments.recommendation, asked, actor(arguments.by), arguments.reason)
    if arguments.action == "stop":
        return desk.stop_switchback(arguments.id, actor(arguments.by), arguments.reason)
    if arguments.id is not None:
        return desk.switchbacks.kept.one(arguments.id)
    return next(reversed(desk.switchbacks.kept.all()), None)


def tables(document: Mapping[str, Any], zone: str) -> list[RenderableType]:
    """Return how a switchback stands: what to do now, the timetable, and what was measured beside the promise."""
    title = f"Switchback {document['id']} of {document['recommendation']}: {_stands(document, zone)}"
    return [Text(title), _timetable(document["blocks"], zone), *map(Text, _said(document))]


def _stands(document: Mapping[str, Any], zone: str) -> str:
    if document["now"] is None:
        return f"over: {document['stopped']['reason']}" if document["stopped"] else "over"
    who = "to be switched by hand" if document["by_hand"] else "by dispatch"
    return f"the change is {document['now']} until {_local(document['switches_at'], zone)}, {who}"


def _said(document: Mapping[str, Any]) -> list[str]:
    found = document["measured"]
    if found is None:
        return [f"not measured: {document['unmeasured']}"]
    figures = (f"{found[f'{name}_kw']:.1f} ({found[f'{name}_kw_low']:.1f} to {found[f'{name}_kw_high']:.1f})"
               for name in ("promised", "saved"))  # fmt: skip
    promised, saved = figures
    lines = [f"promised {promised} kW, measured {saved} kW: {found['verdict']}", f"against {found['against']}"]
    return lines + ([f"note: {found['notes']}"] if found["notes"] else [])


def _timetable(rows: Sequence[Mapping[str, Any]], zone: str) -> RenderableType:
    table = Table()
    for heading in ("from", "to", "change", "reached"):
        table.add_column(heading)
    for row in rows:
        reached = "" if row["reached"] is None else _local(row["reached"], zone)
        table.add_row(_local(row["from"], zone), _local(row["to"], zone), row["change"], reached)
    return table


def _local(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
