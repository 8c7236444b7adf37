"""List, approve or reject recommendations; who decided, and why, goes to the journal."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.table import Table

from facility.cli.common import Row, add_output, add_site, emit, open_site
from facility.clock import SystemClock
from facility.errors import ConfigurationError, JournalError
from facility.ports import Journal
from facility.records import Recommendation, RecommendationState
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
            found = journal.recommendations(wanted)
        else:
            found = _decide(journal, arguments)
    rows = [_row(item, loaded.site.zone) for item in found]
    emit(arguments, [_table(rows)], rows, rows)
    return 0


def _decide(journal: Journal, arguments: argparse.Namespace) -> list[Recommendation]:
    actor = _actor(arguments.by)
    known = {item.id: item for item in journal.recommendations()}
    # All are looked at before the first is moved, so that a mistyped id decides nothing.
    for identifier in arguments.ids:
        if identifier not in known:
            raise JournalError(f"no recommendation {identifier!r}; `facility review list SITE --all` shows them")
        if known[identifier].state is not RecommendationState.PROPOSED:
            raise JournalError(f"recommendation {identifier} is {known[identifier].state.value} already")
    now = SystemClock().now()
    to = _DECISIONS[arguments.action]
    return [journal.transition(each, to, actor=actor, reason=arguments.reason, at=now) for each in arguments.ids]


def _actor(given: str | None) -> str:
    try:
        actor = (getpass.getuser() if given is None else given).strip()
    except (KeyError, OSError):  # a container whose user has no name
        actor = ""
    if not actor:
        raise ConfigurationError("--by: say who decides")
    return actor


def _row(item: Recommendation, zone: ZoneInfo) -> Row:
    return {
        "id": item.id,
        "state": item.state.value,
        "equipment": item.equipment,
        "quantity": item.quantity,
        "current": item.current,
        "recommended": item.recommended,
        "unit": item.unit,
        "saving_kw": item.saving_kw.value,
        "saving_kw_low": item.saving_kw.low,
        "saving_kw_high": item.saving_kw.high,
        "saving_cost_per_day": item.saving_cost_per_day.value,
        "saving_kgco2_per_day": item.saving_kgco2_per_day.value,
        "binding_limit": item.binding_limit,
        "expires": item.expires.astimezone(zone).isoformat(timespec="minutes"),
        "reason": item.reason,
    }


def _table(rows: Sequence[Row]) -> Table | str:
    if not rows:
        return "No recommendations."
    table = Table(title="Recommendations", title_justify="left")
    for heading in (
        "id",
        "state",
        "equipment",
        "setting",
        "#now",
        "#to",
        "unit",
        "#saves kW",
        "#kgCO2/day",
        "expires",
        "why",
    ):
        number = heading.startswith("#")
        table.add_column(
            heading.removeprefix("#"),
            justify="right" if number else "left",
            overflow="fold",
            no_wrap=number or heading == "id",
        )
    for row in rows:
        current = "?" if row["current"] is None else f"{row['current']:.2f}"
        saving = f"{row['saving_kw']:.2f} ({row['saving_kw_low']:.2f}..{row['saving_kw_high']:.2f})"
        expires = f"{datetime.fromisoformat(str(row['expires'])):%m-%d %H:%M}"
        table.add_row(
            str(row["id"]),
            str(row["state"]),
            str(row["equipment"]),
            str(row["quantity"]).replace("_", " "),
            current,
            f"{row['recommended']:.2f}",
            str(row["unit"]),
            saving,
            f"{row['saving_kgco2_per_day']:.1f}",
            expires,
            str(row["reason"]),
        )
    return table
