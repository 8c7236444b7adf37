"""RTU servers for the tests: pymodbus and libmodbus, on pseudo-terminals and over TCP, and scripted ones that misbehave."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tty
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import cast

import pytest
from pymodbus import FramerType
from pymodbus.pdu.device import ModbusDeviceIdentification
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from tests.acquire.servers import stream_server

REQUEST_BYTES = 8  # of every request that the tests send: reads, single writes; 7 for an identification
Say = Callable[[bytes], None]
Script = Callable[[bytes, Say], None]


def registers(unit: int, count: int = 4) -> SimDevice:
    """A unit whose holding and input registers hold 100 times its id, and so on upwards."""
    numbers = [100 * unit + at for at in range(count)]
    blocks = [SimData(0, values=numbers, datatype=DataType.REGISTERS) for _ in range(2)]
    bits = [SimData(0, values=[False], datatype=DataType.BITS) for _ in range(2)]
    return SimDevice(unit, ([bits[0]], [bits[1]], [blocks[0]], [blocks[1]]))


@asynccontextmanager
async def pymodbus_rtu_over_tcp(
    devices: list[SimDevice], identity: ModbusDeviceIdentification | None = None
) -> AsyncIterator[int]:
    """Run pymodbus's TCP server with RTU frames; yields its port."""
    server = ModbusTcpServer(devices, framer=FramerType.RTU, identity=identity, address=("127.0.0.1", 0))
    await server.listen()
    try:
        yield int(cast(asyncio.Server, server.transport).sockets[0].getsockname()[1])
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]


@contextmanager
def terminal() -> Iterator[tuple[int, str]]:
    """A pseudo-terminal: yields the file of one end and the path of the other, which behaves as a serial port does."""
    ours, theirs = os.openpty()
    try:
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        yield ours, os.ttyname(theirs)
    finally:
        os.close(theirs)
        os.close(ours)


def _carry(source: int, sink: int) -> None:
    os.write(sink, os.read(source, 1024))


@contextmanager
def null_modem() -> Iterator[tuple[str, str]]:
    """Two serial ports that are joined; yields their paths. To be used inside the event loop."""
    with terminal() as (left, left_path), terminal() as (right, right_path):
        loop = asyncio.get_running_loop()
        for source, sink in ((left, right), (right, left)):
            loop.add_reader(source, _carry, source, sink)
        try:
            yield left_path, right_path
        finally:
            loop.remove_reader(left)
            loop.remove_reader(right)


@asynccontextmanager
async def pymodbus_serial(path: str, devices: list[SimDevice]) -> AsyncIterator[None]:
    """Run pymodbus's serial server on a port."""
    server = ModbusSerialServer(devices, framer=FramerType.RTU, port=path, baudrate=19200, parity="N")
    await server.listen()
    try:
        yield
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]


@contextmanager
def libmodbus_serial(folder: Path, path: str, unit: int) -> Iterator[None]:
    """Compile and run the C server beside this file on a port."""
    compiler = shutil.which("gcc")
    if compiler is None or not Path("/usr/include/modbus/modbus.h").exists():
        pytest.skip("gcc or libmodbus is not installed")
    binary = folder / "libmodbus_rtu_server"
    source = Path(__file__).with_name("libmodbus_rtu_server.c")
    subprocess.run([compiler, "-O1", "-o", str(binary), str(source), "-lmodbus"], check=True, timeout=60)
    process = subprocess.Popen([str(binary), path, str(unit)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield
    finally:
        process.terminate()
        process.communicate(timeout=10)


@contextmanager
def scripted_serial(script: Script) -> Iterator[str]:
    """Play the units on a serial line: `script` gets each request and a function that says bytes. Yields the port's path."""
    with terminal() as (ours, path):
        loop = asyncio.get_running_loop()
        received = bytearray()

        def heard() -> None:
            received.extend(os.read(ours, 1024))
            if len(received) >= REQUEST_BYTES:
                request = bytes(received[:REQUEST_BYTES])
                del received[:REQUEST_BYTES]
                script(request, lambda data: cast(None, os.write(ours, data)))

        loop.add_reader(ours, heard)
        try:
            yield path
        finally:
            loop.remove_reader(ours)


@asynccontextmanager
async def scripted_gateway(script: Script, port: int = 0) -> AsyncIterator[int]:
    """Play the units behind a gateway that passes RTU frames on; yields its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(data: bytes) -> None:
            if not writer.is_closing():
                writer.write(data)

        while True:
            script(await reader.readexactly(REQUEST_BYTES), say)

    async with stream_server(serve, port) as listening:
        yield listening
