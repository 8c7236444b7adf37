"""List, add or revoke tokens, with which machines ask the API; a token's secret is shown once."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime

from rich.console import RenderableType
from rich.table import Table

from facility.access import SCOPES, Permission, Token
from facility.accounts.opening import open_access
from facility.accounts.tokens import DAYS
from facility.cli.common import Row, actor, add_output, add_site, emit, open_site
from facility.clock import SystemClock
from facility.site import Site

_HELP = {
    "list": "show tokens, also those that have ended",
    "add": "make a token; shows its secret once",
    "revoke": "let a token in no more",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="|".join(_HELP))
    for name, text in _HELP.items():
        action = actions.add_parser(name, help=text, description=text)
        add_site(action)
        if name == "add":
            action.add_argument("name", metavar="NAME", help="what it is for, such as grafana")
            scopes = sorted(scope.value for scope in SCOPES)
            action.add_argument("--scope", nargs="+", choices=scopes, default=["read"], help="default: read")
            action.add_argument("--days", type=int, default=DAYS, help=f"how long it lasts (default: {DAYS})")
        if name == "revoke":
            action.add_argument("id", metavar="ID", help="as `list` shows it")
        if name != "list":
            action.add_argument("--by", help="who decides (default: the user of this session)")
        add_output(action)


def run(arguments: argparse.Namespace) -> int:
    """List, add or revoke."""
    loaded, state = open_site(arguments)
    clock = SystemClock()
    with closing(open_access(loaded, state, clock)) as access:
        tokens, now = access.tokens, clock.now()
        if arguments.action == "list":
            rows = [token_row(token, now) for token in tokens.all()]
        elif arguments.action == "add":
            scopes = [Permission(scope) for scope in arguments.scope]
            token, secret = tokens.add(arguments.name, scopes, actor(arguments.by), arguments.days)
            rows = [token_row(token, token.created) | {"secret": secret}]
        else:
            rows = [token_row(tokens.revoke(arguments.id, actor(arguments.by)), now)]
    emit(arguments, [_table(rows, loaded.site)], rows, rows)
    return 0


def token_row(token: Token, now: datetime) -> dict[str, object]:
    """Return a token as it is shown."""
    return {
        "id": token.id,
        "name": token.name,
        "scopes": " ".join(sorted(token.scopes)),
        "state": "revoked" if token.revoked else "valid" if token.holds(now) else "expired",
        "expires": token.expires,
        "created": token.created,
        "created_by": token.created_by,
    }


def _table(rows: Sequence[Row], site: Site) -> RenderableType:
    if not rows:
        return "No tokens."
    table = Table(title=f"Tokens of {site.name}", title_justify="left")
    secret = "secret" in rows[0]
    for heading in ("id", "name", "scopes", "state", "expires", *(["secret, shown once"] if secret else [])):
        table.add_column(heading, overflow="fold")
    for row in rows:
        expires = row["expires"]
        assert isinstance(expires, datetime)
        shown = (str(row[key]) for key in ("id", "name", "scopes", "state"))
        table.add_row(
            *shown, f"{expires.astimezone(site.zone):%Y-%m-%d %H:%M}", *([str(row["secret"])] if secret else [])
        )
    return table
