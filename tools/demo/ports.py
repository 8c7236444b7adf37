"""Loopback ports for the demo's devices and page: those of the last run while they are free, else any free ones."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypedDict

from facility.errors import ConfigurationError
from facility.site import Device

HOST = "127.0.0.1"
WEB = "web"  # the page's name in ports.json
WEB_PORT = 8000  # where the page is unless somebody else is there
# Below those that systems give to whoever connects: such a one may be taken again before our device listens.
QUIET = range(20_000, 32_000)
_TRIES = 50


class Place(TypedDict):
    """Where something listens."""

    protocol: str
    host: str
    port: int


def pick_ports(devices: tuple[Device, ...], file: Path, among: range = QUIET) -> dict[str, Place]:
    """Choose a port for each device and the page, and write them to a file; `among` are those to try after the last run's."""
    last: dict[str, Place] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    protocols = {device.id: "modbus" if device.modbus else "snmp" for device in devices}
    places: dict[str, Place] = {}
    # Sockets that do not listen yet may be bound to one port together: that no two get the same is not left to the system.
    given: set[int] = set()
    free = sorted(set(among) - {place["port"] for place in last.values()})
    with ExitStack() as held:
        for name, protocol in (*protocols.items(), (WEB, "http")):
            wanted = last[name]["port"] if name in last else (WEB_PORT if name == WEB else 0)
            tried = [port for port in (wanted, *random.sample(free, _TRIES)) if port and port not in given]
            bound = held.enter_context(_bound(protocol, tried))
            given.add(bound.getsockname()[1])
            places[name] = {"protocol": protocol, "host": HOST, "port": bound.getsockname()[1]}
    file.write_text(json.dumps(places, indent=1) + "\n", encoding="utf-8")
    return places


def _bound(protocol: str, tried: Sequence[int]) -> socket.socket:
    kind = socket.SOCK_DGRAM if protocol == "snmp" else socket.SOCK_STREAM
    for port in tried:
        found = socket.socket(socket.AF_INET, kind)
        if kind == socket.SOCK_STREAM:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that only lingers counts as free
        try:
            found.bind((HOST, port))
        except OSError:
            found.close()
        else:
            return found
    raise ConfigurationError(f"no free {protocol} port on {HOST}: {len(tried)} from {min(tried)} on are taken")
