"""Real servers to poll, on the core that is not measured: net-snmp's agent, one on libmodbus, and a fleet of responders."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.bench.cores import move_to_last_core
from tools.bench.poll_fleet import COLUMNS, OUTLETS, SNMP_POINTS, Fleet, host, least_raw, outlet_oid
from tools.bench.poll_site import AUTH_KEY, COMMUNITY, PRIV_KEY, USER

WALKED_ROWS = 5_000
_INSTALL = "is not installed; run tools/install_system_packages"


def walked_table() -> str:
    """Return the column that a walk reads: as long as a walk needs to be measured, beside the PDU's own."""
    return ".".join(map(str, (*OUTLETS, max(COLUMNS) + 1)))


@contextmanager
def snmpd(folder: Path) -> Iterator[int]:
    """Run net-snmp's agent as a PDU for v2c and v3 (SHA-256, AES-128); yields its port."""
    binary = shutil.which("snmpd") or shutil.which("snmpd", path="/usr/sbin:/usr/local/sbin")
    if binary is None:
        raise RuntimeError(f"snmpd {_INSTALL}")
    lines = [
        "dontLogTCPWrappersConnects yes",
        f"rocommunity {COMMUNITY} 127.0.0.1",
        f"createUser {USER} SHA-256 {AUTH_KEY} AES {PRIV_KEY}",
        f"rouser {USER} priv",
    ]
    instances = [".".join(map(str, outlet_oid(point))) for point in range(SNMP_POINTS)]
    instances += [f"{walked_table()}.{row}" for row in range(1, WALKED_ROWS + 1)]
    lines += [f"override .{oid} integer {least_raw(0, number)}" for number, oid in enumerate(instances)]
    configuration = folder / "snmpd.conf"
    configuration.write_text("\n".join(lines) + "\n", encoding="utf-8")
    port = free_port("127.0.0.1")
    command = [binary, "-f", "-Lo", "-C", "-c", str(configuration), f"udp:127.0.0.1:{port}"]
    environment = {**os.environ, "SNMP_PERSISTENT_DIR": str(folder), "MIBS": ""}
    with _process(command, environment) as process:
        if not any("NET-SNMP version" in line for line in process.stdout or ()):
            raise RuntimeError("snmpd did not start")
        yield port


@contextmanager
def libmodbus_server(folder: Path) -> Iterator[int]:
    """Compile and run the C server beside this file; yields its port."""
    compiler = shutil.which("cc")
    if compiler is None or not Path("/usr/include/modbus/modbus.h").exists():
        raise RuntimeError(f"a C compiler or libmodbus {_INSTALL}")
    binary = folder / "libmodbus_server"
    source = Path(__file__).with_name("libmodbus_server.c")
    subprocess.run([compiler, "-O2", "-o", str(binary), str(source), "-lmodbus"], check=True, timeout=60)
    with _process([str(binary)]) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())


@dataclass(slots=True)
class Answered:
    """What responders gave, known when they have ended."""

    values: int = 0


@contextmanager
def responders(fleet: Fleet, port: int, fault_period_s: float = 0.0, slow_s: float = 0.0) -> Iterator[Answered]:
    """Answer for a fleet; with a fault period, one device in five misbehaves, slow ones by that much."""
    words = [fleet.snmp, fleet.modbus, port, fault_period_s, slow_s]
    command = [sys.executable, "-m", "tools.bench.responders", *map(str, words)]
    answered = Answered()
    with _process(command) as process:
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("the responders did not start")
        yield answered
        process.terminate()
        answered.values = int(process.stdout.readline())


def free_port(address: str) -> int:
    """Return a port that is free there for UDP and TCP."""
    while True:
        with socket.create_server((address, 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            port = int(tcp.getsockname()[1])
            try:
                udp.bind((address, port))
            except OSError:
                continue
            return port


def fleet_port(fleet: Fleet) -> int:
    """Return a port that is free at the fleet's first address, and so, on loopback, very likely at all of them."""
    return free_port(host(fleet.devices - 1))


@contextmanager
def _process(command: list[str], environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        move_to_last_core(process.pid)
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=10)
