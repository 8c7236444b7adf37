"""A Modbus TCP line that units share: dead ones rest, and connections that are dead are opened again."""

from __future__ import annotations

import asyncio
import time

import pytest

from facility.acquire.modbus.tcp_link import ModbusLink
from facility.errors import DeviceError
from tests.acquire.line_load import keep_asking
from tests.acquire.servers import tcp_server

READ = bytes([3, 0, 0, 0, 1])
VALUE = bytes([3, 2, 0, 7])


def said(frame: bytes, pdu: bytes = VALUE) -> bytes:
    """A PDU as the answer to a frame."""
    return frame[:4] + (len(pdu) + 1).to_bytes(2, "big") + frame[6:7] + pdu


def test_dead_units_take_a_bounded_share_of_the_line() -> None:
    """Each holds it for 0.25 s at most, and then they rest for 0.75 s."""

    async def run() -> tuple[int, int]:
        asked: list[int] = []

        def script(frame: bytes) -> bytes | None:
            asked.append(frame[6])
            return said(frame) if frame[6] == 1 else None

        async with tcp_server(script) as port:
            link = ModbusLink("127.0.0.1", port)

            await keep_asking(link, READ, well=1, dead=(66, 67, 68), for_s=3.0)
            return asked.count(1), len(asked) - asked.count(1)

    well, dead = asyncio.run(run())
    assert 4 <= dead <= 7
    assert well > 60


def test_a_unit_that_its_gateway_does_not_reach_rests_until_it_does() -> None:
    async def run() -> tuple[float, float]:
        times = 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal times
            while frame := await reader.read(12):
                times += 1
                if times == 1:
                    await asyncio.sleep(0.1)
                writer.write(said(frame, b"\x83\x0b" if times == 1 else VALUE))
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        link = ModbusLink("127.0.0.1", server.sockets[0].getsockname()[1])
        started = time.monotonic()
        assert await link.request(1, READ, 1.0) == b"\x83\x0b"
        assert await link.request(1, READ, 1.0) == VALUE
        rested = time.monotonic() - started
        for _ in range(10):
            assert await link.request(1, READ, 1.0) == VALUE
        link.close()
        server.close()
        await asyncio.sleep(0.01)
        return rested, time.monotonic() - started

    rested, in_all = asyncio.run(run())
    assert rested >= 0.4
    assert in_all < rested + 2.0, "ten rests are 4 s"


def test_a_unit_that_was_silent_and_answers_is_well_again() -> None:
    async def run() -> float:
        frames: list[bytes] = []

        def script(frame: bytes) -> bytes | None:
            frames.append(frame)
            return said(frame) if len(frames) > 1 else None

        async with tcp_server(script) as port:
            link = ModbusLink("127.0.0.1", port)
            with pytest.raises(DeviceError, match="no answer from unit 1"):
                await link.request(1, READ, 0.2)
            assert await link.request(1, READ, 0.2) == VALUE
            link._turns.silent(2, 10.0)  # another's rest is not its own any more
            started = time.monotonic()
            for _ in range(10):
                assert await link.request(1, READ, 0.2) == VALUE
            link.close()
            return time.monotonic() - started

    assert asyncio.run(run()) < 5.0


def test_a_connection_that_only_we_believe_in_is_given_up() -> None:
    async def run() -> bytes:
        connections: list[asyncio.StreamWriter] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connections.append(writer)
            deaf = len(connections) == 1
            while frame := await reader.read(12):
                if not deaf:
                    writer.write(said(frame))
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        link = ModbusLink("127.0.0.1", server.sockets[0].getsockname()[1])
        with pytest.raises(DeviceError, match="no answer"):
            await link.request(1, READ, 0.1)
        reply = await link.request(1, READ, 0.1)
        link.close()
        server.close()
        await asyncio.sleep(0.01)
        return reply

    assert asyncio.run(run()) == VALUE


def test_half_a_frame_does_not_outlive_its_connection() -> None:
    async def run() -> bytes:
        connections: list[asyncio.StreamWriter] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connections.append(writer)
            frame = await reader.read(12)
            writer.write(said(frame)[:-1] if len(connections) == 1 else said(frame))
            if len(connections) > 1:
                await reader.read()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        link = ModbusLink("127.0.0.1", server.sockets[0].getsockname()[1])
        with pytest.raises(DeviceError, match="closed the connection"):
            await link.request(1, READ, 1.0)
        reply = await link.request(1, READ, 1.0)
        link.close()
        server.close()
        await asyncio.sleep(0.01)
        return reply

    assert asyncio.run(run()) == VALUE


def test_a_server_that_is_down_is_told_to_all_its_units_together() -> None:
    """Each with its own timeout, but not one after the other."""

    async def run() -> float:
        link = ModbusLink("192.0.2.1", 502)  # an address for documentation: nobody answers there
        started = time.monotonic()
        asked = [link.request(unit, READ, 0.3) for unit in range(1, 11)]
        faults = await asyncio.gather(*asked, return_exceptions=True)
        link.close()
        assert all(isinstance(fault, DeviceError) for fault in faults), faults
        return time.monotonic() - started

    assert asyncio.run(run()) < 2.0, "one after the other they are 3 s"
