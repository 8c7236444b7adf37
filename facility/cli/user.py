"""List, add, disable or enable people, change their role, or give them a new password; who did it goes to the journal."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing

from rich.console import RenderableType
from rich.table import Table

from facility.access import Account, Role
from facility.accounts.opening import open_access
from facility.accounts.people import People
from facility.cli.common import Row, actor, add_output, add_site, emit, open_site
from facility.clock import SystemClock
from facility.site import Site

_HELP = {
    "list": "show who may sign in, and as what",
    "add": "add a person; shows a password once, to be changed at the first sign-in",
    "disable": "let a person in no more; the name stays taken",
    "enable": "let a person in again",
    "role": "give a person another role",
    "passwd": "give a person a new password, shown once, and end a lockout",
}
Action = Callable[[People, argparse.Namespace, str], tuple[Account, str | None]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="|".join(_HELP))
    for name, text in _HELP.items():
        action = actions.add_parser(name, help=text, description=text)
        add_site(action)
        if name != "list":
            action.add_argument("name", metavar="NAME")
            action.add_argument("--by", help="who decides (default: the user of this session)")
        if name == "add":
            action.add_argument("--role", choices=[*Role], default=Role.VIEWER.value, help="default: viewer")
        if name == "role":
            action.add_argument("role", choices=[*Role])
        add_output(action)


def run(arguments: argparse.Namespace) -> int:
    """List or change."""
    loaded, state = open_site(arguments)
    with closing(open_access(loaded, state, SystemClock())) as access:
        people = access.people
        if arguments.action == "list":
            rows = [account_row(account) for account in people.all()]
        else:
            account, password = _ACTIONS[arguments.action](people, arguments, actor(arguments.by))
            rows = [account_row(account) | ({"one_time_password": password} if password else {})]
    emit(arguments, [_table(rows, loaded.site)], rows, rows)
    return 0


def account_row(account: Account) -> dict[str, object]:
    """Return an account as it is shown."""
    return {
        "name": account.name,
        "role": account.role.value,
        "enabled": account.enabled,
        "must_change_password": account.must_change,
        "created": account.created,
        "issuer": account.issuer,
    }


_ACTIONS: Mapping[str, Action] = {
    "add": lambda people, given, by: people.add(given.name, Role(given.role), by),
    "disable": lambda people, given, by: (people.enable(given.name, by, enabled=False), None),
    "enable": lambda people, given, by: (people.enable(given.name, by, enabled=True), None),
    "role": lambda people, given, by: (people.set_role(given.name, Role(given.role), by), None),
    "passwd": lambda people, given, by: people.give_password(given.name, by),
}


def _table(rows: Sequence[Row], site: Site) -> RenderableType:
    if not rows:
        return "Nobody yet: `facility serve` makes the first admin, or add one with `facility user add SITE NAME --role admin`."
    table = Table(title=f"People of {site.name}", title_justify="left")
    for heading in ("name", "role", "may sign in", "password"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        once = row.get("one_time_password")
        kept = f"none: {row['issuer']}" if row["issuer"] else "to be changed" if row["must_change_password"] else "own"
        password = f"{once}  (shown once)" if once else kept
        table.add_row(str(row["name"]), str(row["role"]), "yes" if row["enabled"] else "no", password)
    return table
