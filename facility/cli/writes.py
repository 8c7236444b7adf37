"""List, allow, forbid or clear points that may be written, and write one.

Off by default: a point is written only if the site file lists it under `writable` and somebody has allowed it here; both are named
when a write is refused. A point that somebody else has changed is left alone until it is cleared.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from facility.acquire.writing.report import writable_rows
from facility.acquire.writing.writer import rules_of
from facility.cli import writes_set, writes_tables
from facility.cli.common import actor, add_output, add_site, emit, open_site
from facility.clock import SystemClock
from facility.errors import ConfigurationError
from facility.history.write_ledger import SqlWriteLedger
from facility.records import Permit
from facility.site_file import LoadedSite
from facility.site_journal import open_write_ledger

_HELP = {
    "list": "show the points that the site file lets be written, and how they stand",
    "allow": "let points be written, until they are forbidden or --until",
    "forbid": "let points be written no longer",
    "clear": "accept what somebody else has set, and let the points be written again",
    "set": "write a value, in the point's canonical unit, and read it back",
}
Action = Callable[[SqlWriteLedger, LoadedSite, argparse.Namespace, str], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="|".join(_HELP))
    for name, text in _HELP.items():
        action = actions.add_parser(name, help=text, description=text)
        add_site(action)
        if name == "set":
            writes_set.add_arguments(action)
        elif name != "list":
            action.add_argument("points", nargs="+", metavar="POINT")
        if name == "allow":
            action.add_argument("--until", metavar="DATE", help="last day, or a time, of the site (default: no end)")
        if name != "list":
            action.add_argument("--by", help="who decides (default: the user of this session)")
            action.add_argument("--reason", required=name != "set", default="", help="why; it goes to the journal")
        add_output(action)


def run(arguments: argparse.Namespace) -> int:
    """List, decide or write."""
    loaded, state = open_site(arguments)
    with closing(open_write_ledger(loaded, state)) as ledger:
        if arguments.action == "set":
            row = asyncio.run(writes_set.write(loaded, state, ledger, arguments))
            emit(arguments, [writes_tables.written(row)], row, [row])
            return 0
        if arguments.action != "list":
            _ACTIONS[arguments.action](ledger, loaded, arguments, actor(arguments.by))
        rows = writable_rows(loaded, ledger, SystemClock().now())
        emit(arguments, [writes_tables.table(rows, loaded.site.zone)], rows, rows)
    return 0


def _allow(ledger: SqlWriteLedger, loaded: LoadedSite, arguments: argparse.Namespace, by: str) -> None:
    now = SystemClock().now()
    until = _until(arguments.until, loaded.site.zone, now)
    for point in arguments.points:
        rules_of(loaded, loaded.points[point])  # all are looked at before the first is allowed
    for point in arguments.points:
        ledger.allow(point, Permit(by, arguments.reason, now, until))


def _forbid(ledger: SqlWriteLedger, _: LoadedSite, arguments: argparse.Namespace, by: str) -> None:
    for point in arguments.points:
        ledger.forbid(point, actor=by, reason=arguments.reason, at=SystemClock().now())


def _clear(ledger: SqlWriteLedger, _: LoadedSite, arguments: argparse.Namespace, by: str) -> None:
    for point in arguments.points:
        ledger.clear(point, actor=by, reason=arguments.reason, at=SystemClock().now())


_ACTIONS: Mapping[str, Action] = {"allow": _allow, "forbid": _forbid, "clear": _clear}


def _until(text: str | None, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return the end of a day, or a time; without an offset they are the site's."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"--until {text}: expected a date such as 2026-03-31, or 2026-03-31T18:00") from None
    if len(text) == len("2026-03-31"):
        at += timedelta(days=1)
    at = at.replace(tzinfo=zone) if at.tzinfo is None else at
    if at <= now:
        raise ConfigurationError(f"--until {text} is past")
    return at
