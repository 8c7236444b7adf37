"""Real servers on loopback for the tests: net-snmp, libmodbus, pymodbus, and scripted ones that misbehave on purpose."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import cast

import pytest
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import SimDevice

SNMPD = shutil.which("snmpd") or shutil.which("snmpd", path="/usr/sbin:/usr/local/sbin")


def free_port(kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def snmpd(folder: Path, lines: Sequence[str], port: int | None = None) -> Iterator[int]:
    """Run net-snmp's agent with a configuration of these lines; yields its port."""
    if SNMPD is None:
        pytest.skip("snmpd (net-snmp) is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "snmpd.conf"
    configuration.write_text("\n".join(["dontLogTCPWrappersConnects yes", *lines]) + "\n")
    port = port or free_port()
    command = [SNMPD, "-f", "-Lo", "-C", "-c", str(configuration), "-I", "-systemstats", f"udp:127.0.0.1:{port}"]
    environment = {**os.environ, "SNMP_PERSISTENT_DIR": str(folder / "persistent"), "MIBS": ""}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    try:
        assert process.stdout is not None
        started = next((line for line in process.stdout if "NET-SNMP version" in line), None)
        assert started, "snmpd did not start"
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=10)


@contextmanager
def libmodbus(folder: Path) -> Iterator[int]:
    """Compile and run the C server beside this file; yields its port."""
    compiler = shutil.which("gcc")
    if compiler is None or not Path("/usr/include/modbus/modbus.h").exists():
        pytest.skip("gcc or libmodbus is not installed")
    binary = folder / "libmodbus_server"
    source = Path(__file__).with_name("libmodbus_server.c")
    subprocess.run([compiler, "-O1", "-o", str(binary), str(source), "-lmodbus"], check=True, timeout=60)
    process = subprocess.Popen([str(binary)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.communicate(timeout=10)


@asynccontextmanager
async def pymodbus_server(devices: SimDevice | list[SimDevice]) -> AsyncIterator[int]:
    """Run pymodbus's own server; yields its port."""
    server = ModbusTcpServer(devices, address=("127.0.0.1", 0))
    await server.listen()
    try:
        yield int(cast(asyncio.Server, server.transport).sockets[0].getsockname()[1])
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]


Answers = list[bytes] | None


class _Agent(asyncio.DatagramProtocol):
    def __init__(self, answer: Callable[[bytes], Answers]) -> None:
        self.answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        for datagram in self.answer(data) or []:
            self.transport.sendto(datagram, addr)


@asynccontextmanager
async def udp_agent(answer: Callable[[bytes], Answers], port: int = 0) -> AsyncIterator[int]:
    """Run an agent that answers each datagram with what `answer` returns; yields its port."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Agent(answer), local_addr=("127.0.0.1", port))
    try:
        yield int(transport.get_extra_info("sockname")[1])
    finally:
        transport.close()


@asynccontextmanager
async def tcp_server(answer: Callable[[bytes], bytes | None], port: int = 0) -> AsyncIterator[int]:
    """Run a server that answers each Modbus TCP frame with raw bytes, or None for silence; yields its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readexactly(6)
            reply = answer(head + await reader.readexactly(int.from_bytes(head[4:6], "big")))
            if reply is not None:
                writer.write(reply)

    async with stream_server(serve, port) as listening:
        yield listening


@asynccontextmanager
async def stream_server(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], port: int = 0
) -> AsyncIterator[int]:
    """Serve each TCP connection until it or the server ends; yields its port."""
    open_writers: set[asyncio.StreamWriter] = set()

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_writers.add(writer)
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            open_writers.discard(writer)
            writer.close()

    server = await asyncio.start_server(keep, "127.0.0.1", port)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for writer in tuple(open_writers):
            writer.close()
        await asyncio.sleep(0.01)
