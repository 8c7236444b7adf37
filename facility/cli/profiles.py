"""List and show device profiles, try one on a device, or write a new one from a register list.

`show` prints a profile as it is written, so that a template can be copied and completed. `test` only reads. `new` takes a CSV file
and prints a profile; what the file leaves open says `fill in`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rich.table import Table

from facility.cli.common import Row, add_output, emit, write
from facility.cli.profiles_trial import add_test_arguments, named, run_test
from facility.profile import FILL_IN, Profile, Template, profile_names, profile_text, read_profile
from facility.profile.new import profile_from_csv
from facility.profile.register_list import read_register_list

_HEADINGS = ("table", "key", "quantity", "place", "type", "scale", "unit", "range", "group", "writable")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|test|new")
    add_output(actions.add_parser("list", help="the profiles and templates that come with facility"))
    show = actions.add_parser("show", help="one profile: as it is written, or its points")
    show.add_argument("name", metavar="NAME", help="a name, or the path of a .yaml file")
    show.add_argument("--format", choices=("yaml", "table", "json", "csv"), default="yaml")
    show.add_argument("--output", type=Path, metavar="FILE", help="write to this file instead of the terminal")
    add_test_arguments(actions.add_parser("test", help="read everything that a profile knows from one device"))
    new = actions.add_parser("new", help="a profile from a register list in CSV")
    new.add_argument("csv", type=Path, metavar="CSV", help="columns such as key; address; type; scale; unit; range")
    new.add_argument("--name", help="of the profile and its file (default: the CSV file's)")
    new.add_argument("--title", default=FILL_IN, help="maker and model")
    new.add_argument("--equipment-kind", default=FILL_IN, metavar="CLASS", help="Brick class, such as CRAH or Chiller")
    new.add_argument("--wire-addresses", action="store_true", help="40001 means 40001, not the first holding register")
    new.add_argument("--output", type=Path, metavar="FILE", help="write to this file instead of the terminal")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked; `test` returns 1 when the device gives no value."""
    if arguments.action == "test":
        return run_test(arguments)
    {"list": _list, "show": _show, "new": _new}[arguments.action](arguments)
    return 0


def _list(arguments: argparse.Namespace) -> None:
    rows = [_summary(read_profile(name)) for name in profile_names()]
    table = Table(title="Device profiles", title_justify="left")
    for heading in ("name", "title", "protocol", "points", "tables", ""):
        table.add_column(heading, justify="right" if heading == "points" else "left", no_wrap=heading == "name")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    emit(arguments, [table], rows, rows)


def _summary(profile: Profile | Template) -> Row:
    state, tables = "template", ""
    if isinstance(profile, Profile):
        state, tables = "verified" if profile.verified else "not verified", " ".join(profile.tables)
    return {
        "name": profile.profile,
        "title": profile.title,
        "protocol": profile.protocol,
        "points": len(profile.points),
        "tables": tables,
        "state": state,
    }


def _show(arguments: argparse.Namespace) -> None:
    text, data = profile_text(*named(arguments.name))
    if arguments.format == "yaml":
        write(text, arguments.output)
        return
    rows = [_point_row("", key, point) for key, point in data["points"].items()]
    for name, part in data.get("tables", {}).items():
        rows += [_point_row(name, key, point) for key, point in part["points"].items()]
    table = Table(title=f"{data['title']} ({data['profile']}), {data['protocol']}", title_justify="left")
    for heading in _HEADINGS:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    emit(arguments, [table], data, rows)


def _point_row(table: str, key: str, point: dict[str, Any]) -> Row:
    place = point.get("oid") or f"{point.get('table', '')} {point.get('address', '')}"
    told = "as the device tells" if "scale_from" in point else point.get("scale", "")
    limits = point.get("range", ["", ""])
    shown = (
        table,
        key,
        point.get("quantity", key),
        place,
        point.get("type", ""),
        told,
        point.get("unit", ""),
        f"{limits[0]} to {limits[1]}" if isinstance(limits, list) else limits,
        point.get("group", ""),
        "yes" if point.get("writable") else "",
    )
    return dict(zip(_HEADINGS, shown, strict=True))


def _new(arguments: argparse.Namespace) -> None:
    listed = read_register_list(arguments.csv, wire_addresses=arguments.wire_addresses)
    name = arguments.name or arguments.csv.stem.lower().replace("-", "_").replace(" ", "_")
    write(profile_from_csv(listed, name, arguments.title, arguments.equipment_kind), arguments.output)
