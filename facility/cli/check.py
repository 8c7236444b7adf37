"""Validate a site file and show what was found in it.

With --schema: print the JSON Schema of site files, for editors; no SITE is needed then. `--format csv` lists the points.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from rich.table import Table

from facility.cli.check_security import security_lines, security_notes
from facility.cli.common import add_output, emit, write
from facility.dispatch import settings as dispatch
from facility.errors import ConfigurationError
from facility.points import Point
from facility.respond import settings as respond
from facility.site_file import LoadedSite, load_site
from facility.site_file.schema import site_schema


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument("site", type=Path, metavar="SITE", nargs="?", help="site file")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of site files")
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check, and print a summary."""
    if arguments.schema:
        write(json.dumps(site_schema(), indent=1) + "\n", arguments.output)
        return 0
    if arguments.site is None:
        raise ConfigurationError("give a SITE file, or --schema")
    loaded = load_site(arguments.site)
    dispatch.load_settings(loaded)  # the files beside it are refused here, and not when a plant or an event wants them
    respond.load_settings(loaded)
    document = _document(loaded)
    emit(arguments, _tables(document), document, [_point_row(point) for point in loaded.points])
    return 0


def _document(loaded: LoadedSite) -> dict[str, Any]:
    site = loaded.site
    return {
        "site": site.id,
        "name": site.name,
        "revision": loaded.revision,
        "time_zone": site.time_zone,
        "equipment": dict(Counter(kind for _, kind in site.equipment())),
        "devices": _device_rows(loaded),
        "points": len(loaded.points),
        "writable": [_writable_row(point) for point in loaded.points if point.writable is not None],
        "snmp_security": security_notes(site),
        "unverified_profiles": sorted(name for name, profile in loaded.profiles.items() if not profile.verified),
    }


def _device_rows(loaded: LoadedSite) -> list[dict[str, Any]]:
    devices: Counter[str] = Counter(device.profile for device in loaded.site.devices)
    points: Counter[str] = Counter()
    for device in loaded.site.devices:
        points[device.profile] += len(loaded.points.of_device(device.id))
    return [
        {
            "profile": name,
            "title": loaded.profiles[name].title,
            "protocol": loaded.profiles[name].protocol,
            "devices": count,
            "points": points[name],
            "verified": loaded.profiles[name].verified,
        }
        for name, count in sorted(devices.items())
    ]


def _writable_row(point: Point) -> dict[str, Any]:
    assert point.writable is not None
    allowed = point.writable
    return {
        "point": point.id,
        "low": allowed.low,
        "high": allowed.high,
        "unit": point.unit,
        "max_step": allowed.max_step,
        "min_interval_s": allowed.min_interval_s,
        "reversion": allowed.reversion,
    }


def _point_row(point: Point) -> dict[str, Any]:
    return {
        "point": point.id,
        "brick": point.brick,
        "unit": point.unit,
        "device": point.device,
        "interval_s": point.interval_s,
        "low": point.low,
        "high": point.high,
        "writable": point.writable is not None,
    }


def _tables(document: dict[str, Any]) -> list[Table | str]:
    heading = f"{document['name']} ({document['site']}), revision {document['revision']}, {document['points']} points"
    equipment = _table("Equipment", "Brick class", "#number")
    for kind, count in document["equipment"].items():
        equipment.add_row(kind, str(count))
    devices = _table("Devices", "profile", "protocol", "#devices", "#points", "title", "")
    for row in document["devices"]:
        mark = "" if row["verified"] else "! profile not verified against a device"
        devices.add_row(row["profile"], row["protocol"], str(row["devices"]), str(row["points"]), row["title"], mark)
    security = security_lines(document["snmp_security"])
    return [heading, equipment, devices, *security, _writable_table(document["writable"])]


def _writable_table(rows: list[dict[str, Any]]) -> Table | str:
    if not rows:
        return "No writable points: facility observes and advises only."
    table = _table("Writable points", "point", "#low", "#high", "unit", "#max step", "reversion", "")
    for row in rows:
        step = "" if row["max_step"] is None else f"{row['max_step']:g}"
        mark = "! stays as it is when facility stops: never automatic" if row["reversion"] == "none" else ""
        table.add_row(row["point"], f"{row['low']:g}", f"{row['high']:g}", row["unit"], step, row["reversion"], mark)
    return table


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(
            heading.removeprefix("#"), justify="right" if heading.startswith("#") else "left", overflow="fold"
        )
    return table
