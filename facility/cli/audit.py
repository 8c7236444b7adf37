"""List events of the audit trail, export them, and verify that none was changed, removed or cut off.

Times are ISO, in the site's zone unless they carry an offset, or relative to now: -2h, -7d. `verify` exits with 1 when the trail is
not whole, and names the first event that is not right.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

from facility.cli import audit_tables
from facility.cli.common import actor, add_output, add_site, emit, open_site, write
from facility.cli.times import allow_relative_times, time_of
from facility.clock import SystemClock
from facility.errors import ConfigurationError
from facility.history.audit_chain import Head, heads_in
from facility.history.audit_export import LINES, Cover, event_row, write_parquet
from facility.history.audit_trail import AuditTrail, Wanted
from facility.site_audit import open_audit_trail, rotate_audit_key
from facility.site_file import LoadedSite

_HELP = {
    "verify": "say whether the trail is whole, or which event is the first that is not right",
    "head": "print the last event and its hash; keep it elsewhere, and give it to verify later",
    "list": "show events, newest first",
    "export": "write events to a file, oldest first, with the exact text that each hash is of",
    "rotate-key": "begin a new key",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="|".join(_HELP))
    for name, text in _HELP.items():
        action = actions.add_parser(name, help=text, description=text)
        add_site(action)
        _OPTIONS[name](action)


def _verify_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--head", action="append", default=[], metavar="HEAD|FILE",
        help="SEQUENCE:HASH that `head` printed, or a file of such heads; may be repeated",
    )  # fmt: skip
    add_output(parser)


def _filters(parser: argparse.ArgumentParser) -> None:
    allow_relative_times(parser)
    parser.add_argument("--kind", help="a kind such as write.written, or what stands above it such as write")
    parser.add_argument("--subject", help="what it happened to: a point, a device, an alarm, a person")
    parser.add_argument("--actor", help="who did it: a person, token:ID or a process")
    parser.add_argument("--since", metavar="TIME", help="first time")
    parser.add_argument("--until", metavar="TIME", help="time after the last")


def _list_options(parser: argparse.ArgumentParser) -> None:
    _filters(parser)
    parser.add_argument("--limit", type=int, default=100, help="how many at most (default: 100)")
    add_output(parser)


def _export_options(parser: argparse.ArgumentParser) -> None:
    _filters(parser)
    parser.add_argument("--format", choices=(*LINES, "parquet"), default="csv")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write to this file instead of the terminal")


def _rotate_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", help="who decides (default: the user of this session)")
    parser.add_argument("--reason", required=True, help="why; it goes to the journal")
    parser.add_argument(
        "--accept-loss", action="store_true",
        help="also where keys are lost or the journal is an older copy: takes the chain as it stands, and says so in it",
    )  # fmt: skip
    add_output(parser)


_OPTIONS: Mapping[str, Callable[[argparse.ArgumentParser], None]] = {
    "verify": _verify_options,
    "head": add_output,
    "list": _list_options,
    "export": _export_options,
    "rotate-key": _rotate_options,
}


def run(arguments: argparse.Namespace) -> int:
    """Verify, print, list, export or change the key."""
    loaded, state = open_site(arguments)
    if arguments.action == "rotate-key":
        now, by = SystemClock().now(), actor(arguments.by)
        key = rotate_audit_key(
            loaded, state, actor=by, reason=arguments.reason, at=now, accept_loss=arguments.accept_loss
        )
        emit(arguments, [f"Events are sealed with key {key.id} from now on."], {"key": key.id}, [{"key": key.id}])
        return 0
    with closing(open_audit_trail(loaded, state)) as trail:
        return _ACTIONS[arguments.action](arguments, trail, loaded)


def _verify(arguments: argparse.Namespace, trail: AuditTrail, _: LoadedSite) -> int:
    verdict = trail.verify([head for given in arguments.head for head in _heads(given)])
    row = audit_tables.verdict_row(verdict)
    emit(arguments, [audit_tables.verdict(verdict)], row, [row])
    return 0 if verdict.fault is None else 1


def _heads(given: str) -> Sequence[Head]:
    path = Path(given)
    try:
        return heads_in(path.read_text(encoding="utf-8") if path.is_file() else given)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"--head {given}: cannot be read: {error}") from error


def _head(arguments: argparse.Namespace, trail: AuditTrail, loaded: LoadedSite) -> int:
    head = trail.head()
    row = Cover(loaded.site.id, head, SystemClock().now()).document()
    if arguments.format == "table":
        write(f"{row['head']}\n", arguments.output)  # one word, never broken: for $(...)
    else:
        emit(arguments, [], row, [row])
    return 0


def _list(arguments: argparse.Namespace, trail: AuditTrail, loaded: LoadedSite) -> int:
    if arguments.limit < 1:
        raise ConfigurationError(f"--limit {arguments.limit}: expected 1 or more")
    found = list(islice(trail.newest_first(_wanted(arguments, loaded)), arguments.limit))
    rows = [event_row(one) for one in found]
    emit(arguments, [audit_tables.listed(found, loaded.site.zone)], rows, rows)
    return 0


def _export(arguments: argparse.Namespace, trail: AuditTrail, loaded: LoadedSite) -> int:
    if arguments.format == "parquet" and arguments.output is None:
        raise ConfigurationError("--format parquet needs --output FILE")
    head = trail.head()
    cover = Cover(loaded.site.id, head, SystemClock().now())
    events = trail.oldest_first(_wanted(arguments, loaded), last=0 if head is None else head.sequence)
    try:
        if arguments.output is None:
            sys.stdout.writelines(line.decode() for line in LINES[arguments.format](cover, events))
            return 0
        with arguments.output.open("wb") as file:
            if arguments.format == "parquet":
                write_parquet(cover, events, file)
            else:
                file.writelines(LINES[arguments.format](cover, events))
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise ConfigurationError(f"--output {arguments.output}: {error.strerror}") from error
    return 0


def _wanted(arguments: argparse.Namespace, loaded: LoadedSite) -> Wanted:
    now = SystemClock().now()
    since, until = (
        None if text is None else time_of(text, now, loaded.site.zone) for text in (arguments.since, arguments.until)
    )
    return Wanted(arguments.kind, arguments.subject, arguments.actor, since, until)


_ACTIONS: Mapping[str, Callable[[argparse.Namespace, AuditTrail, LoadedSite], int]] = {
    "verify": _verify,
    "head": _head,
    "list": _list,
    "export": _export,
}
