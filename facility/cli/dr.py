"""Show what the grid asks of a site, answer it, settle what was delivered, and look after the hooks outside.

`facility dr settle SITE EVENT --page FILE` writes a page that a person can send.
"""

from __future__ import annotations

import argparse
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from facility.cli import dr_offer, dr_simulate, dr_tables, dr_workload
from facility.cli.common import actor, add_output, add_site, emit, open_site, write
from facility.clock import SystemClock
from facility.history.grid_event_book import GridEventBook
from facility.prepare.settlement_report import settlement_of
from facility.respond.event_state import OVER, Answer, GridEventState, Opt, Said
from facility.respond.report import event_row, move_row
from facility.respond.settlement_page import settlement_page
from facility.site_file import LoadedSite
from facility.site_history import open_site_history
from facility.site_respond import open_grid_event_book, open_hook_dead_letters
from facility.state import StateFolder

_OPEN = frozenset(GridEventState) - OVER
_ELSEWHERE = {"offer": dr_offer.run, "simulate": dr_simulate.run, "workload": dr_workload.run}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="events|show|answer|offer|simulate|settle|workload|hooks"
    )
    listing = actions.add_parser("events", help="list events, what came last first")
    add_site(listing)
    listing.add_argument("--all", action="store_true", help="also those that are over")
    add_output(listing)
    showing = actions.add_parser("show", help="show one event and how it came to its state")
    _add_event(showing)
    answering = actions.add_parser("answer", help="opt in or out")
    _add_event(answering)
    answering.add_argument("--opt", choices=[opt.value for opt in Opt], required=True)
    _add_said(answering)
    dr_offer.add_arguments(
        actions.add_parser("offer", help="tell how much less the site could draw in the coming hours")
    )
    dr_simulate.add_arguments(actions.add_parser("simulate", help="tell what an event would do, cost and earn"))
    settling = actions.add_parser("settle", help="tell what was delivered in an event, and what it is worth")
    _add_event(settling)
    settling.add_argument("--page", type=Path, metavar="FILE", help="also write a page that a person can send")
    dr_workload.add_arguments(
        actions.add_parser(
            "workload", help="show what the plan wants of servers and jobs as commands, or carry them out"
        )
    )
    _add_hooks(actions.add_parser("hooks", help="show what could not be delivered to hooks outside, and try it again"))


def _add_event(parser: argparse.ArgumentParser) -> None:
    add_site(parser)
    parser.add_argument("event", type=int, metavar="EVENT", help="its number, as the list shows it")
    add_output(parser)


def _add_said(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", help="who decides (default: the user of this session)")
    parser.add_argument("--reason", required=True, help="why; it goes to the journal")


def _add_hooks(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="hooks_action", required=True, metavar="dead|replay")
    dead = actions.add_parser("dead", help="show the notices that were given up")
    add_site(dead)
    add_output(dead)
    replay = actions.add_parser("replay", help="try given-up notices again; all of them without ids")
    add_site(replay)
    replay.add_argument("ids", nargs="*", metavar="ID")
    _add_said(replay)
    add_output(replay)


def run(arguments: argparse.Namespace) -> int:
    """Show, answer, plan, settle or replay."""
    if arguments.action in _ELSEWHERE:
        return _ELSEWHERE[arguments.action](arguments)
    loaded, state = open_site(arguments)
    if arguments.action == "hooks":
        _hooks(arguments, loaded, state)
        return 0
    with closing(open_grid_event_book(loaded, state)) as book:
        if arguments.action == "events":
            _list(arguments, loaded, book)
        elif arguments.action == "settle":
            _settle(arguments, loaded, state, book)
        else:
            if arguments.action == "answer":
                said = Said(actor(arguments.by), arguments.reason, SystemClock().now())
                book.answer(arguments.event, Answer(Opt(arguments.opt), said))
            _show(arguments, loaded, book)
    return 0


def _list(arguments: argparse.Namespace, loaded: LoadedSite, book: GridEventBook) -> None:
    rows = [event_row(kept, book.settings) for kept in book.events(None if arguments.all else _OPEN)]
    flat = [{**row, "asks": dr_tables.asked(row)} for row in rows]
    emit(arguments, [dr_tables.listed(rows, loaded.site.zone)], rows, flat)


def _show(arguments: argparse.Namespace, loaded: LoadedSite, book: GridEventBook) -> None:
    row = event_row(book.event(arguments.event), book.settings)
    moves = [move_row(one.before, one.after, one.revision, one.said) for one in book.moves(arguments.event)]
    emit(arguments, dr_tables.shown(row, moves, loaded.site.zone), {**row, "moves": moves}, moves)


def _settle(arguments: argparse.Namespace, loaded: LoadedSite, state: StateFolder, book: GridEventBook) -> None:
    clock = SystemClock()
    kept = book.event(arguments.event)
    with closing(open_site_history(loaded, state, clock)) as telemetry:
        document, rows = settlement_of(loaded, telemetry, book, kept, clock.now())
    if arguments.page is not None:
        write(settlement_page(document, rows), arguments.page, "--page")
    emit(arguments, dr_tables.settled(document), {**document, "steps": rows}, rows)


def _hooks(arguments: argparse.Namespace, loaded: LoadedSite, state: StateFolder) -> None:
    with closing(open_hook_dead_letters(loaded, state)) as letters:
        if arguments.hooks_action == "dead":
            found = letters.letters()
        else:
            found = letters.replay(arguments.ids, actor(arguments.by), arguments.reason, SystemClock().now())
    rows = [{**asdict(one), "body": one.body["what"]} for one in found]
    emit(arguments, [dr_tables.dead(rows, loaded.site.zone)], [asdict(one) for one in found], rows)
