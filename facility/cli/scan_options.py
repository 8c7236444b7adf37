"""What `facility scan` is told."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from facility.acquire.discovery.ranges import MOST
from facility.acquire.snmp.session import session_opener
from facility.acquire.snmp.usm_keys import AuthProtocol, KeyExtension, PrivProtocol
from facility.errors import ConfigurationError
from facility.faults import explain
from facility.site import SnmpAddress

_RANGE = "10.0.0.0/28, 10.0.0.5..20, 10.0.0.5, 10.0.0.5:1161, fd00::5, [fd00::5]:1161, or a name"
_FORMATS = ("table", "yaml", "json", "csv")
_USER = ("user", "auth_protocol", "auth_key", "priv_protocol", "priv_key", "priv_key_extension", "legacy")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument("targets", nargs="+", metavar="RANGE", help=_RANGE)
    _add_snmp(parser.add_argument_group("SNMP", "Secrets as env:NAME or file:PATH. A community goes to every address."))
    _add_modbus(parser.add_argument_group("Modbus TCP"))
    _add_manner(parser.add_argument_group("manner"))
    parser.add_argument("--profiles", type=Path, metavar="DIR", help="folder with profiles of your own")
    parser.add_argument("--format", choices=_FORMATS, help="one of these, in place of table and fragment")
    parser.add_argument("--output", type=Path, metavar="FILE", help="a new file for the fragment, or for --format")


def _add_snmp(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--snmp", metavar="REF", help="community")
    group.add_argument("--version", choices=("v1", "v2c"), help="of the community (default: v2c)")
    group.add_argument("--user", metavar="NAME", help="v3 user, in place of a community")
    group.add_argument("--auth-protocol", choices=("none", *get_args(AuthProtocol)), help="default: SHA256")
    group.add_argument("--auth-key", metavar="REF")
    group.add_argument("--priv-protocol", choices=get_args(PrivProtocol), help="default: AES128")
    group.add_argument("--priv-key", metavar="REF")
    group.add_argument("--priv-key-extension", choices=get_args(KeyExtension), help="default: blumenthal")
    group.add_argument("--legacy", action="store_true", default=None, help="allow MD5 and DES")
    group.add_argument("--snmp-port", type=_whole(1, 65535), default=161, metavar="PORT", help="default: 161")


def _add_modbus(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--modbus", action="store_true", help="ask units to identify themselves")
    group.add_argument(
        "--unit", type=_whole(0, 255), action="append", metavar="ID", help="unit to ask, once or more (default: 1)"
    )
    group.add_argument("--modbus-port", type=_whole(1, 65535), default=502, metavar="PORT", help="default: 502")


def _add_manner(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--rate", type=_positive(1000), default=10.0, metavar="N", help="hosts begun in a second (default: 10)"
    )
    group.add_argument(
        "--parallel", type=_whole(1, 256), default=64, metavar="N", help="hosts under way together (default: 64)"
    )
    group.add_argument(
        "--timeout", type=_positive(60), default=2.0, metavar="SECONDS", help="for each answer (default: 2)"
    )
    group.add_argument(
        "--most", type=_whole(1, 2**24), default=MOST, metavar="N", help=f"refuse more addresses (default: {MOST})"
    )


def credentials(arguments: argparse.Namespace) -> SnmpAddress | None:
    """Return how agents are asked, for a host to be put in; None if they are not.

    Raises
    ------
    ConfigurationError
        If the options contradict each other, or a secret cannot be had.
    """
    user = {name: value for name in _USER if (value := getattr(arguments, name)) is not None}
    given = {"community": arguments.snmp, "version": arguments.version, "v3": user or None}
    given = {name: value for name, value in given.items() if value is not None}
    if not given:
        return None
    try:
        address = SnmpAddress.model_validate({"host": "host", "port": arguments.snmp_port, **given})
    except ValidationError as error:
        raise ConfigurationError(f"SNMP: {_explained(error)}") from None
    session_opener(address)()  # a secret that cannot be had is told now, before anything is sent
    return address


def _explained(error: ValidationError) -> str:
    faults = explain(error, SnmpAddress)
    return "; ".join(": ".join([*(str(part) for part in where), what]) for where, what in faults)


def _whole(low: int, high: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and low <= int(text[:20]) <= high):
            raise argparse.ArgumentTypeError(f"expected a whole number from {low} to {high}")
        return int(text)

    return whole


def _positive(high: float) -> Callable[[str], float]:
    def positive(text: str) -> float:
        number = float(text)
        if not 0 < number <= high:
            raise argparse.ArgumentTypeError(f"expected a number above 0, and at most {high:g}")
        return number

    return positive
