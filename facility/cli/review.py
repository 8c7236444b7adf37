"""List, approve, reject and comment on recommendations; who decided, and why, goes to the journal."""

from __future__ import annotations

import argparse
import os
import pwd
from collections.abc import Sequence
from contextlib import closing

from facility.advise.review_report import reviewed_document, standing_rows
from facility.cli import review_tables
from facility.cli.common import actor, add_output, add_site, emit, open_site
from facility.clock import SystemClock
from facility.dispatch.together import belonging
from facility.history.review_book import ReviewBook
from facility.records import RecommendationState
from facility.review.decision import Decider, Decision
from facility.site import Site
from facility.site_review import open_review_book


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|approve|reject|comment")
    listing = actions.add_parser("list", help="show recommendations, newest first")
    add_site(listing)
    states = [state.value for state in RecommendationState]
    listing.add_argument("--only", choices=states, default=RecommendationState.PROPOSED.value, help="default: proposed")
    listing.add_argument("--all", action="store_true", help="in any state")
    add_output(listing)
    showing = actions.add_parser("show", help="show one recommendation, and who did and said what about it")
    add_site(showing)
    showing.add_argument("id", metavar="ID")
    add_output(showing)
    for decision in Decision:
        _add_decision(actions.add_parser(decision.value, help=f"{decision.value} recommendations"), decision)
    saying = actions.add_parser("comment", help="say something about a recommendation; it stays")
    add_site(saying)
    saying.add_argument("id", metavar="ID")
    saying.add_argument("text", metavar="TEXT")
    _add_by(saying)
    add_output(saying)


def _add_decision(parser: argparse.ArgumentParser, decision: Decision) -> None:
    add_site(parser)
    parser.add_argument("ids", nargs="+", metavar="ID", help="as `list` shows them; all are decided, or none")
    parser.add_argument("--together", action="store_true", help="with all that belongs to them, as one")
    _add_by(parser)
    parser.add_argument("--reason", required=decision is Decision.REJECT, default="", help="why; needed to reject")
    add_output(parser)


def _add_by(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", help="who says so (default: the user of this session)")


def run(arguments: argparse.Namespace) -> int:
    """List, show, decide or comment."""
    loaded, state = open_site(arguments)
    with closing(open_review_book(loaded, state)) as book:
        if arguments.action in list(Decision):
            _decide(arguments, book, loaded.site)
        elif arguments.action == "list":
            _list(arguments, book, loaded.site)
        else:
            if arguments.action == "comment":
                book.comment(arguments.id, actor(arguments.by), arguments.text, SystemClock().now())
            _show(arguments, book, loaded.site)
    return 0


def _decide(arguments: argparse.Namespace, book: ReviewBook, site: Site) -> None:
    name, now = actor(arguments.by), SystemClock().now()
    # `--by` is only said: two names of one user of this machine are no two people.
    decider = Decider.known_as(name, name, _user())
    ids = _together(arguments.ids, book, site) if arguments.together else arguments.ids
    found = book.decide(ids, Decision(arguments.action), decider, reason=arguments.reason, at=now)
    rows = standing_rows(found)
    emit(arguments, [review_tables.listed(found, site)], rows, rows)


def _together(ids: Sequence[str], book: ReviewBook, site: Site) -> list[str]:
    """Return recommendations with those that wait beside them and are worth nothing without them."""
    beside = belonging(site, [one.recommendation for one in book.listed(RecommendationState.PROPOSED)])
    return [name for each in ids for name in (each, *beside.get(each, ()))]


def _list(arguments: argparse.Namespace, book: ReviewBook, site: Site) -> None:
    book.expire(SystemClock().now())
    found = book.listed(None if arguments.all else RecommendationState(arguments.only))
    rows = standing_rows(found, belonging(site, [one.recommendation for one in found]))
    emit(arguments, [review_tables.listed(found, site)], rows, rows)


def _show(arguments: argparse.Namespace, book: ReviewBook, site: Site) -> None:
    found = book.found(arguments.id)
    document = reviewed_document(found)
    tables = [review_tables.listed([found.standing], site), review_tables.history(found, site)]
    emit(arguments, tables, document, standing_rows([found.standing]))


def _user() -> str:
    """Return the user of this process, as the machine knows it; `getpass` believes the environment."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container whose user has no name
        return f"user {os.getuid()}"
