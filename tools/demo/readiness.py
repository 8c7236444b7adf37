"""Waiting until a child process is there for others."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterable
from http.client import HTTPConnection, HTTPException

from tools.demo.children import CommandFailedError
from tools.demo.ports import Place

READY_S = 120.0


def await_ready(child: subprocess.Popen[bytes], ready: Callable[[], bool], what: str) -> None:
    """Wait until a child is ready.

    Raises
    ------
    tools.demo.children.CommandFailedError
        If it ends before, or takes too long.
    """
    deadline_s = time.monotonic() + READY_S
    while not ready():
        if child.poll() is not None:
            raise CommandFailedError(f"{what}: ended with exit code {child.returncode} before it was ready")
        if time.monotonic() > deadline_s:
            raise CommandFailedError(f"{what}: not ready within {READY_S:.0f} s")
        time.sleep(0.1)


def devices_listen(places: Iterable[Place]) -> bool:
    """Tell whether every Modbus device among these accepts connections: they open their sockets one after the other.

    Those of SNMP are not looked for: trying a port of UDP takes it away from the device that is about to open it.
    """
    return all(_accepts(place) for place in places if place["protocol"] == "modbus")


def _accepts(place: Place) -> bool:
    try:
        socket.create_connection((place["host"], place["port"]), timeout=1.0).close()
    except OSError:
        return False
    return True


def answers(place: Place) -> bool:
    """Tell whether the page is there: the service listens some seconds before it answers."""
    connection = HTTPConnection(place["host"], place["port"], timeout=2.0)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
