"""What commands share: the site and its state folder, and output as table, JSON or CSV to a terminal or a file."""

from __future__ import annotations

import argparse
import csv
import getpass
import io
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console, RenderableType

from facility.errors import ConfigurationError
from facility.site_file import LoadedSite, load_site
from facility.state import StateFolder, default_state

Row = Mapping[str, object]


def add_site(parser: argparse.ArgumentParser) -> None:
    """Declare SITE and --state."""
    parser.add_argument("site", type=Path, metavar="SITE", help="site file")
    parser.add_argument("--state", type=Path, metavar="DIR", help="state folder (default: var/<site id>)")


def add_output(parser: argparse.ArgumentParser) -> None:
    """Declare --format and --output."""
    parser.add_argument("--format", choices=("table", "json", "csv"), default="table")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write to this file instead of the terminal")


def open_site(arguments: argparse.Namespace) -> tuple[LoadedSite, StateFolder]:
    """Load the site file that a command was given, and say where its state is."""
    loaded = load_site(arguments.site)
    return loaded, StateFolder(arguments.state) if arguments.state else default_state(loaded.site.id)


def actor(given: str | None) -> str:
    """Return who decides: as given by `--by`, or the user of this session.

    Raises
    ------
    ConfigurationError
        If nobody is named.
    """
    try:
        name = (getpass.getuser() if given is None else given).strip()
    except (KeyError, OSError):  # a container whose user has no name
        name = ""
    if not name:
        raise ConfigurationError("--by: say who decides")
    return name


def emit(
    arguments: argparse.Namespace, tables: Sequence[RenderableType], document: object, rows: Sequence[Row]
) -> None:
    """Write the same result as `--format` asks: tables for people, one JSON document, or rows of CSV."""
    if arguments.format == "json":
        write(json.dumps(document, indent=1, default=str) + "\n", arguments.output)
    elif arguments.format == "csv":
        write(_csv(rows), arguments.output)
    else:
        write(_drawn(tables), arguments.output)


def write(text: str, output: Path | None, option: str = "--output") -> None:
    """Write to the file that an option names, or to the terminal when there is none."""
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{option} {output}: {error.strerror}") from error


def _drawn(tables: Sequence[RenderableType]) -> str:
    terminal = Console()
    buffer = io.StringIO()
    width = terminal.width if terminal.is_terminal else 132
    console = Console(file=buffer, width=width, force_terminal=terminal.is_terminal, markup=False, highlight=False)
    for table in tables:
        console.print(table)
    return buffer.getvalue()


def _csv(rows: Sequence[Row]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()
