"""List, approve or reject recommendations; who decided, and why, goes to the journal."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import closing

from rich.console import RenderableType
from rich.table import Table

from facility.advise import wording
from facility.advise.report import recommendation_rows
from facility.cli.common import actor, add_output, add_site, emit, open_site
from facility.clock import SystemClock
from facility.errors import JournalError
from facility.ports import Journal
from facility.records import Recommendation, RecommendationState
from facility.site import Site
from facility.site_journal import open_site_journal

_DECISIONS = {"approve": RecommendationState.APPROVED, "reject": RecommendationState.REJECTED}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|approve|reject")
    listing = actions.add_parser("list", help="show recommendations, newest first")
    add_site(listing)
    states = [state.value for state in RecommendationState]
    listing.add_argument("--only", choices=states, default=RecommendationState.PROPOSED.value, help="default: proposed")
    listing.add_argument("--all", action="store_true", help="in any state")
    add_output(listing)
    for name in _DECISIONS:
        decision = actions.add_parser(name, help=f"{name} recommendations")
        add_site(decision)
        decision.add_argument("ids", nargs="+", metavar="ID", help="as `list` shows them")
        decision.add_argument("--by", help="who decides (default: the user of this session)")
        decision.add_argument("--reason", required=name == "reject", default="", help="why; needed to reject")
        add_output(decision)


def run(arguments: argparse.Namespace) -> int:
    """List or decide."""
    loaded, state = open_site(arguments)
    with closing(open_site_journal(loaded, state)) as journal:
        journal.expire(SystemClock().now())
        if arguments.action == "list":
            wanted = None if arguments.all else RecommendationState(arguments.only)
            found: Sequence[Recommendation] = journal.recommendations(wanted)
        else:
            found = _decide(journal, arguments)
    rows = recommendation_rows(found)
    emit(arguments, [_table(found, loaded.site)], rows, rows)
    return 0


def _decide(journal: Journal, arguments: argparse.Namespace) -> list[Recommendation]:
    decider = actor(arguments.by)
    known = {item.id: item for item in journal.recommendations()}
    # All are looked at before the first is moved, so that a mistyped id decides nothing.
    for identifier in arguments.ids:
        if identifier not in known:
            raise JournalError(f"no recommendation {identifier!r}; `facility review list SITE --all` shows them")
        if known[identifier].state is not RecommendationState.PROPOSED:
            raise JournalError(f"recommendation {identifier} is {known[identifier].state.value} already")
    now = SystemClock().now()
    to = _DECISIONS[arguments.action]
    return [journal.transition(each, to, actor=decider, reason=arguments.reason, at=now) for each in arguments.ids]


def _table(found: Sequence[Recommendation], site: Site) -> RenderableType:
    if not found:
        return "No recommendations."
    table = Table(title="Recommendations", title_justify="left")
    for heading in ("id", "state", "equipment", "setting"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "id")
    for heading in ("now", "to", "saves kW (90 %)", f"{site.currency}/day", "kgCO2/day"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("expires", "why"):
        table.add_column(heading, overflow="fold")
    for item in found:
        table.add_row(
            item.id,
            item.state.value,
            item.equipment,
            wording.setting(item),
            wording.current(item),
            wording.recommended(item),
            *wording.savings(item),
            f"{item.expires.astimezone(site.zone):%m-%d %H:%M}",
            item.reason,
        )
    return table
