"""`facility profiles test`: the options that reach one device, and what it answered."""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.table import Table

from facility.acquire.trial import Trial, TriedPoint, try_profile
from facility.cli.common import Row, add_output, emit
from facility.errors import ConfigurationError
from facility.faults import explain, nearest
from facility.profile import Profile, load_profile
from facility.site import Device

_AUTH = ("none", "MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512")
_PRIV = ("DES", "AES128", "AES192", "AES256")


def add_test_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the profile, the device and how to reach it."""
    parser.add_argument("name", metavar="NAME", help="a profile's name, or the path of its .yaml file")
    parser.add_argument("host", metavar="HOST", help="name or address; or a serial port, such as /dev/ttyUSB0")
    parser.add_argument("--port", type=int, help="default: 161 for SNMP, 502 for Modbus")
    parser.add_argument("--rows", action="append", default=[], metavar="TABLE=ROWS", help="such as outlets=1..24")
    modbus = parser.add_argument_group("Modbus")
    modbus.add_argument("--unit", type=int, default=1, help="default: 1")
    modbus.add_argument("--framing", choices=("tcp", "rtu"), help="rtu: RTU frames over TCP")
    modbus.add_argument("--baud", type=int)
    modbus.add_argument("--parity", choices=("none", "even", "odd"))
    snmp = parser.add_argument_group("SNMP; secrets are references, env:NAME or file:PATH")
    snmp.add_argument("--community", metavar="REF")
    snmp.add_argument("--version", choices=("v1", "v2c"))
    snmp.add_argument("--user", help="for SNMPv3")
    snmp.add_argument("--auth-protocol", choices=_AUTH)
    snmp.add_argument("--auth-key", metavar="REF")
    snmp.add_argument("--priv-protocol", choices=_PRIV)
    snmp.add_argument("--priv-key", metavar="REF")
    snmp.add_argument("--priv-key-extension", choices=("blumenthal", "reeder"))
    snmp.add_argument("--legacy", action="store_true", default=None, help="allow MD5 and DES")
    add_output(parser)


def named(name: str) -> tuple[str, Path | None]:
    """Return a profile's name and folder, from a name or the path of its file."""
    if not name.endswith(".yaml"):
        return name, None
    path = Path(name)
    if not path.is_file():
        raise ConfigurationError(f"{path}: no such file")
    return path.stem, path.parent


def run_test(arguments: argparse.Namespace) -> int:
    """Read everything once and show it; 1 when the device gives no value."""
    profile = load_profile(*named(arguments.name))
    device = _device(arguments, profile)
    trial = asyncio.run(try_profile(device, profile))
    rows = [_row(point) for point in trial.points]
    document = {"profile": profile.profile, "host": arguments.host, "identity": trial.identity, "tables": trial.rows,
                "points": rows, "faults": trial.faults}  # fmt: skip
    emit(arguments, [_heading(profile, trial), _table(rows)], document, rows)
    for fault in trial.faults:
        sys.stderr.write(f"facility: {arguments.host}: {fault}\n")
    return 0 if trial.answered else 1


def _device(arguments: argparse.Namespace, profile: Profile) -> Device:
    address = _modbus(arguments) if profile.protocol == "modbus" else _snmp(arguments)
    content = {"id": "device", "profile": profile.profile, "equipment": "device", profile.protocol: address}
    content["rows"] = dict(_named_rows(each, profile) for each in arguments.rows)
    try:
        return Device.model_validate(content)
    except ValidationError as error:
        options = [f"{'.'.join(map(str, where[1:] or where))}: {message}" for where, message in explain(error, Device)]
        raise ConfigurationError("\n".join(options)) from None


def _given(arguments: argparse.Namespace, *names: str) -> dict[str, Any]:
    return {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}


def _modbus(arguments: argparse.Namespace) -> dict[str, Any]:
    place = "serial" if arguments.host.startswith("/") else "host"
    more = _given(arguments, "port", "framing", "baud", "parity")
    return {place: arguments.host, "unit_id": arguments.unit, **more}


def _snmp(arguments: argparse.Namespace) -> dict[str, Any]:
    address = {"host": arguments.host, **_given(arguments, "port", "version", "community")}
    keys = ("auth_protocol", "auth_key", "priv_protocol", "priv_key", "priv_key_extension", "legacy")
    if arguments.user is not None:
        address["v3"] = _given(arguments, "user", *keys)
    return address


def _named_rows(text: str, profile: Profile) -> tuple[str, object]:
    name, _, rows = text.partition("=")
    if name not in profile.tables:
        raise ConfigurationError(f"--rows {name}: no such table{nearest(name, profile.tables)}")
    return name, rows if ".." in rows else rows.split(",")


def _row(point: TriedPoint) -> Row:
    value, quality = point.value
    return {
        "point": point.key,
        "value": None if math.isnan(value) else float(f"{value:.9g}"),
        "unit": point.unit,
        "quality": quality.name.lower(),
        "raw": None if not math.isfinite(point.raw) else float(f"{point.raw:.9g}"),
        "label": point.label,
    }


def _heading(profile: Profile, trial: Trial) -> str:
    told = [f"{name}: {text}" for name, text in trial.identity.items() if text]
    rows = [f"{name}: rows {', '.join(rows)}" for name, rows in trial.rows.items()]
    silent = [f"{name}: no rows found" for name in profile.tables if name not in trial.rows]
    modbus = [
        f"{name}: not read; name its rows with --rows {name}=1..3" for name in profile.tables if name not in trial.rows
    ]
    return "\n".join([*told, *rows, *(modbus if profile.protocol == "modbus" else silent)])


def _table(rows: list[Row]) -> Table:
    table = Table(title="Points", title_justify="left")
    for heading in ("point", "value", "unit", "quality", "raw", "label"):
        table.add_column(heading, justify="right" if heading in ("value", "raw") else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else _shown(value) for value in row.values()))
    return table


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
