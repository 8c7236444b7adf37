"""Loopback ports for the demo's devices and page: those of the last run while they are free, else any free ones."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import TypedDict

from facility.site import Device

HOST = "127.0.0.1"
WEB = "web"  # the page's name in ports.json
WEB_PORT = 8000  # where the page is unless somebody else is there


class Place(TypedDict):
    """Where something listens."""

    protocol: str
    host: str
    port: int


def pick_ports(devices: tuple[Device, ...], file: Path) -> dict[str, Place]:
    """Choose a port for each device and the page, and write them to a file."""
    last: dict[str, Place] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    protocols = {device.id: "modbus" if device.modbus else "snmp" for device in devices}
    places: dict[str, Place] = {}
    with ExitStack() as held:  # all at once, so that no two get the same
        for name, protocol in (*protocols.items(), (WEB, "http")):
            wanted = last[name]["port"] if name in last else (WEB_PORT if name == WEB else 0)
            bound = held.enter_context(_bound(protocol, wanted))
            places[name] = {"protocol": protocol, "host": HOST, "port": bound.getsockname()[1]}
    file.write_text(json.dumps(places, indent=1) + "\n", encoding="utf-8")
    return places


def _bound(protocol: str, wanted: int) -> socket.socket:
    kind = socket.SOCK_DGRAM if protocol == "snmp" else socket.SOCK_STREAM
    for port in (wanted, 0):
        found = socket.socket(socket.AF_INET, kind)
        if kind == socket.SOCK_STREAM:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that only lingers counts as free
        try:
            found.bind((HOST, port))
        except OSError:
            found.close()
            if port == 0:
                raise
        else:
            return found
    raise AssertionError("port 0 is bound or raises")
