"""List alarms, acknowledge them, shelve them or take them out of service; who did so, and why, goes to the journal.

`facility alarms SITE` lists what stands before people now; with --all or --shelved also what does not.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any

from facility.alarms import machine
from facility.alarms.alarm import ANNUNCIATED, HELD, Alarm, AlarmState, Said
from facility.alarms.rates import rates
from facility.alarms.report import alarm_row, rates_document
from facility.cli import alarms_tables
from facility.cli.common import actor, add_output, add_site, emit, open_site
from facility.clock import SystemClock
from facility.errors import ConfigurationError
from facility.history.alarm_book import AlarmBook
from facility.site_alarms import open_alarm_book
from facility.site_file import LoadedSite

_STANDING = ANNUNCIATED | {AlarmState.RETURNED}
_RATES_DAYS = 30  # ISA-18.2, clause 16: figures are of at least 30 days
Move = Callable[[Alarm, Said], Alarm]
_MOVES: Mapping[str, tuple[Move, str]] = {
    "ack": (machine.acknowledge, "say that you have seen alarms and respond to them"),
    "shelve": (machine.shelve, "put alarms aside for some hours; then they come back by themselves"),
    "unshelve": (machine.unshelve, "take alarms back from the shelf"),
    "out-of-service": (machine.take_out_of_service, "put alarms aside until somebody returns them to service"),
    "in-service": (machine.return_to_service, "return alarms to service"),
}


class _ListByDefault(argparse._SubParsersAction):  # type: ignore[type-arg]  # argparse has no public name for it
    """Takes `facility alarms SITE` for `facility alarms list SITE`."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option: str | None = None) -> None:
        """Parse the words of an action."""
        named = values[0] in self._name_parser_map
        super().__call__(parser, namespace, values if named else ["list", *values], option)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    names = "|".join(("list", "show", "rates", *_MOVES))
    actions = parser.add_subparsers(dest="action", required=True, metavar=f"[{names}]", action=_ListByDefault)
    actions.choices = None  # type: ignore[assignment]  # or a site file would be refused before it is taken for a list
    listing = actions.add_parser("list", help="show alarms, most urgent and newest first")
    add_site(listing)
    chosen = listing.add_mutually_exclusive_group()
    chosen.add_argument("--all", action="store_true", help="also those that are over, suppressed or put aside")
    chosen.add_argument("--shelved", action="store_true", help="those put aside: shelved or out of service")
    add_output(listing)
    showing = actions.add_parser("show", help="show one alarm and how it came to its state")
    add_site(showing)
    showing.add_argument("id", metavar="ID")
    add_output(showing)
    figures = actions.add_parser(
        "rates", help="show how many come at once, floods, the top ten, what chatters or is stale"
    )
    add_site(figures)
    figures.add_argument("--days", type=float, default=_RATES_DAYS, help=f"default: {_RATES_DAYS}")
    add_output(figures)
    for name, (_, text) in _MOVES.items():
        _add_move(actions.add_parser(name, help=text, description=text), name)


def _add_move(parser: argparse.ArgumentParser, name: str) -> None:
    add_site(parser)
    parser.add_argument("ids", nargs="+", metavar="ID", help="as the list shows them")
    if name == "shelve":
        default = machine.DEFAULT_SHELVED / timedelta(hours=1)
        parser.add_argument(
            "--hours", type=float, default=default, help=f"for how long (default: {default:g}, a shift)"
        )
    parser.add_argument("--by", help="who decides (default: the user of this session)")
    parser.add_argument("--reason", required=name != "ack", default="", help="why; it goes to the journal")
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """List, show or move."""
    loaded, state = open_site(arguments)
    with closing(open_alarm_book(loaded, state)) as book:
        if arguments.action == "show":
            _show(arguments, book, loaded)
        elif arguments.action == "rates":
            _rates(arguments, book, loaded)
        else:
            _list(arguments, _found(arguments, book), loaded)
    return 0


def _found(arguments: argparse.Namespace, book: AlarmBook) -> Sequence[Alarm]:
    if arguments.action in _MOVES:
        return _move(arguments, book)
    return book.alarms(None if arguments.all else HELD if arguments.shelved else _STANDING)


def _move(arguments: argparse.Namespace, book: AlarmBook) -> list[Alarm]:
    how, now = _MOVES[arguments.action][0], SystemClock().now()
    until = now + timedelta(hours=arguments.hours) if arguments.action == "shelve" else None
    said = Said(actor(arguments.by), arguments.reason, now, until)
    for name in arguments.ids:
        how(book.alarm(name), said)  # all are tried before the first is moved, so that a mistyped id moves nothing
    return [book.move(name, how, said) for name in arguments.ids]


def _list(arguments: argparse.Namespace, found: Sequence[Alarm], loaded: LoadedSite) -> None:
    now = SystemClock().now()
    rows = [alarm_row(alarm, now) for alarm in found]
    emit(arguments, [alarms_tables.listed(found, loaded.site.zone)], rows, rows)


def _show(arguments: argparse.Namespace, book: AlarmBook, loaded: LoadedSite) -> None:
    alarm, moves = book.alarm(arguments.id), book.moves(arguments.id)
    history = [
        {"at": one.at, "from": one.before.value, "to": one.after.value, "by": one.actor, "reason": one.reason}
        for one in moves
    ]
    document = {**alarm_row(alarm, SystemClock().now()), "history": history}
    emit(arguments, alarms_tables.shown(alarm, moves, loaded.site.zone), document, history)


def _rates(arguments: argparse.Namespace, book: AlarmBook, loaded: LoadedSite) -> None:
    if not 0.01 <= arguments.days <= 3660:
        raise ConfigurationError(f"--days {arguments.days:g}: expected 0.01 to 3660")
    now = SystemClock().now()
    since = now - timedelta(days=arguments.days)
    found = rates(book.annunciated(since), book.alarms(), since, now)
    emit(arguments, alarms_tables.figures(found, loaded.site.zone), rates_document(found), rates_document(found)["top"])
