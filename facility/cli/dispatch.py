"""Say how dispatch stands, set its mode, write approved recommendations, and return the site to local control.

`facility dispatch release SITE --reason WHY` is the one key: it needs neither the planner nor the service.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from facility.cli import dispatch_tables
from facility.cli.common import actor, add_output, add_site, emit, open_site
from facility.clock import SystemClock
from facility.dispatch.desk import DispatchDesk
from facility.dispatch.report import status_document, target_row, test_row
from facility.errors import ConfigurationError
from facility.history.dispatch_records import LIVE, Mode

_HELP: Mapping[str, str] = {
    "status": "show the mode, what holds dispatch up, what is being written, and what the second check says of open ones",
    "mode": "set the mode: observe, advise or auto",
    "apply": "order approved recommendations to be written",
    "release": "return the site to local control at once: stop writing and put back every point that we hold",
    "resume": "let dispatch go on after an abnormal state or a return to local control",
    "veto": "forbid all writing; with --lift allow it again",
    "lock-out": "let nothing be written for a piece of equipment, until a time",
    "return-to-service": "end the lock-out of a piece of equipment",
    "commission": "test that a point goes back to local control when our heartbeat stops",
}
Action = Callable[[DispatchDesk, argparse.Namespace, str], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="|".join(_HELP))
    for name, text in _HELP.items():
        action = actions.add_parser(name, help=text, description=text)
        add_site(action)
        _add_what(action, name)
        if name != "status":
            action.add_argument("--by", help="who decides (default: the user of this session)")
            action.add_argument("--reason", required=True, help="why; it goes to the journal")
        add_output(action)


def _add_what(action: argparse.ArgumentParser, name: str) -> None:
    if name == "mode":
        action.add_argument("mode", choices=[mode.value for mode in Mode])
    elif name == "apply":
        action.add_argument("ids", nargs="+", metavar="ID", help="as `facility review list --only approved` shows them")
    elif name in ("lock-out", "return-to-service"):
        action.add_argument("equipment", metavar="EQUIPMENT")
    elif name == "commission":
        action.add_argument("point", metavar="POINT")
        action.add_argument("--value", type=float, required=True, help="to write meanwhile; not what it holds now")
    if name == "lock-out":
        action.add_argument("--hours", type=float, required=True, help="for how long")
    if name == "veto":
        action.add_argument("--lift", action="store_true", help="end it")


def run(arguments: argparse.Namespace) -> int:
    """Show or act; then show how it stands."""
    loaded, state = open_site(arguments)
    with DispatchDesk(loaded, state, SystemClock()) as desk:
        if arguments.action == "status":
            _show(desk, arguments)
            return 0
        by = actor(arguments.by)
        if arguments.action == "release":
            return _release(desk, arguments, by)
        if arguments.action == "commission":
            return _commission(desk, arguments, by)
        _ACTIONS[arguments.action](desk, arguments, by)
        _show(desk, arguments)
    return 0


def _show(desk: DispatchDesk, arguments: argparse.Namespace) -> None:
    document = status_document(desk)
    emit(arguments, dispatch_tables.status(document, desk.loaded.site.zone), document, document["open"])


def _release(desk: DispatchDesk, arguments: argparse.Namespace, by: str) -> int:
    """Return 1 where a device has not taken its point back."""
    rows = [target_row(target) for target in asyncio.run(desk.release(by, arguments.reason))]
    emit(arguments, [dispatch_tables.released(rows)], rows, rows)
    return int(any(row["state"] not in ("put_back", "left") for row in rows))


def _commission(desk: DispatchDesk, arguments: argparse.Namespace, by: str) -> int:
    """Return 1 where the test failed."""
    test = asyncio.run(desk.commission(arguments.point, arguments.value, by, arguments.reason))
    row = test_row(test)
    emit(arguments, [dispatch_tables.tested([row], desk.loaded.site.zone)], row, [row])
    return int(not test.passed)


def _lock_out(desk: DispatchDesk, arguments: argparse.Namespace, by: str) -> None:
    if not 0 < arguments.hours <= 24 * 366:
        raise ConfigurationError(f"--hours {arguments.hours:g}: expected more than 0, and at most a year")
    until: datetime = desk.clock.now() + timedelta(hours=arguments.hours)
    desk.lock_out(arguments.equipment, until, by, arguments.reason)


def _apply(desk: DispatchDesk, arguments: argparse.Namespace, by: str) -> None:
    before = {one.id for one in desk.book.applications(LIVE)}
    for name in arguments.ids:
        belonged = {one.id for one in desk.book.applications(LIVE)} - before  # to one that was ordered just now
        if name not in belonged:
            desk.apply(name, by, arguments.reason)


_ACTIONS: Mapping[str, Action] = {
    "mode": lambda desk, given, by: desk.set_mode(Mode(given.mode), by, given.reason),
    "apply": _apply,
    "resume": lambda desk, given, by: desk.resume(by, given.reason),
    "veto": lambda desk, given, by: desk.veto(by, given.reason, lift=given.lift),
    "lock-out": _lock_out,
    "return-to-service": lambda desk, given, by: desk.return_to_service(given.equipment, by, given.reason),
}
