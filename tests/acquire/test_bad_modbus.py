"""Modbus servers that misbehave, over real sockets."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable

import pytest

from facility.acquire.columns import Value
from facility.acquire.modbus.tcp_link import ModbusLink
from facility.errors import DeviceError
from facility.profile import Limits, ProfilePoint
from facility.records import Quality
from tests.acquire.servers import tcp_server
from tests.acquire.values import is_about, modbus_client, read_points

POINTS = {
    f"p{address}": ProfilePoint(table="input", address=address, type="uint16", unit="kW", range=(0, 1000))
    for address in range(8)
}
FAST = Limits(timeout_s=0.15)


def framed(frame: bytes, pdu: bytes, transaction: int = 0, unit: int = 0) -> bytes:
    """Answer a frame; `transaction` and `unit` are added to the right ones."""
    right = int.from_bytes(frame[:2], "big")
    return (
        (right + transaction).to_bytes(2, "big")
        + b"\x00\x00"
        + (len(pdu) + 1).to_bytes(2, "big")
        + bytes([frame[6] + unit])
        + pdu
    )


def block(frame: bytes) -> bytes:
    """The registers asked for: each holds its address."""
    address, count = int.from_bytes(frame[8:10], "big"), int.from_bytes(frame[10:12], "big")
    return bytes([4, 2 * count]) + b"".join(at.to_bytes(2, "big") for at in range(address, address + count))


def read(answer: Callable[[bytes], bytes | None], times: int = 1, limits: Limits = FAST) -> dict[str, Value]:
    async def run() -> dict[str, Value]:
        async with tcp_server(answer) as port:
            client = modbus_client(ModbusLink("127.0.0.1", port), 1, POINTS, limits)
            return await read_points(client, times)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda frame: None, "no answer from unit 1"),
        (lambda frame: framed(frame, block(frame), transaction=1), "1 with a wrong transaction id or unit"),
        (lambda frame: framed(frame, block(frame), transaction=-1), "1 with a wrong transaction id or unit"),
        (lambda frame: framed(frame, block(frame), unit=1), "1 with a wrong transaction id or unit"),
        (lambda frame: b"HTTP/1.1 400 Bad Request\r\n", "bytes that are not Modbus TCP"),
        (lambda frame: b"\x00" * 300, "bytes that are not Modbus TCP"),
        (lambda frame: framed(frame, block(frame))[:-4], "no answer"),
        (lambda frame: framed(frame, block(frame)[:-2]), "answers nonsense: 16 bytes where 18 belong"),
        (lambda frame: framed(frame, b"\x03" + block(frame)[1:]), "the answer to another function"),
        (lambda frame: framed(frame, b"\x84\x04"), "unit 1 at .* answers: device failure"),
        (lambda frame: framed(frame, b"\x84\x06"), "device busy"),
        (lambda frame: framed(frame, b"\x84\x0b"), "gateway target does not respond"),
        (lambda frame: framed(frame, b"\x84\x63"), "exception 99"),
    ],
)
def test_what_is_no_answer_is_a_fault_with_a_reason(answer: Callable[[bytes], bytes | None], reason: str) -> None:
    with pytest.raises(DeviceError, match=reason):
        read(answer)


def test_nothing_listens_and_no_such_host() -> None:
    async def run(host: str) -> None:
        await modbus_client(ModbusLink(host, 1), 1, POINTS, FAST).read({})

    with pytest.raises(DeviceError, match=r"127\.0\.0\.1:1 cannot be reached"):
        asyncio.run(run("127.0.0.1"))
    with pytest.raises(DeviceError, match=r"no-such-host\.invalid:1 cannot be reached|no connection to"):
        asyncio.run(run("no-such-host.invalid"))


@pytest.mark.parametrize("code", [2, 3])
def test_a_refused_address_is_found_by_halving_and_only_it_is_bad(code: int) -> None:
    asked: list[int] = []

    def answer(frame: bytes) -> bytes:
        first, count = int.from_bytes(frame[8:10], "big"), int.from_bytes(frame[10:12], "big")
        asked.append(count)
        return framed(frame, bytes([0x84, code]) if first <= 5 < first + count else block(frame))

    values = read(answer, times=2)
    assert values.pop("p5").quality is Quality.BAD
    assert all(is_about(value, int(key[1:])) for key, value in values.items())
    assert asked == [8, 4, 4, 2, 1, 1, 2, 4, 1, 1, 2]


def test_a_table_that_a_device_has_not_is_bad_throughout() -> None:
    values = read(lambda frame: framed(frame, b"\x84\x01"))
    assert {value.quality for value in values.values()} == {Quality.BAD}


def test_a_late_answer_is_not_taken_for_the_next_one() -> None:
    """The first answer comes after its time is up, just before the second: off by one in clients that do not check."""
    frames: list[bytes] = []

    def answer(frame: bytes) -> bytes | None:
        if frame[6] == 2:
            return framed(frame, block(frame))
        frames.append(frame)
        if len(frames) == 1:
            return None
        late = framed(frames[0], bytes([4, 16]) + b"\x03\xe7" * 8)
        return late + framed(frame, block(frame))

    async def run() -> dict[str, Value]:
        async with tcp_server(answer) as port:
            link = ModbusLink("127.0.0.1", port)
            client, neighbour = (modbus_client(link, unit, POINTS, Limits(timeout_s=0.4)) for unit in (1, 2))
            failing = asyncio.create_task(client.read({}))
            await asyncio.sleep(0.01)
            await neighbour.read({})  # keeps the connection: it is answered
            with pytest.raises(DeviceError, match="no answer from unit 1"):
                await failing
            into: dict[str, Value] = {}
            await client.read(into)
            await client.close()
            await neighbour.close()
            return into

    assert is_about(asyncio.run(run())["p7"], 7)
    assert len(frames) == 2


def test_an_answer_in_pieces_is_put_together() -> None:
    async def run() -> dict[str, Value]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            frame = await reader.readexactly(12)
            for byte in framed(frame, block(frame)):
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.001)
            await reader.read()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        client = modbus_client(ModbusLink("127.0.0.1", server.sockets[0].getsockname()[1]), 1, POINTS, Limits())
        into: dict[str, Value] = {}
        await client.read(into)
        await client.close()
        server.close()
        await asyncio.sleep(0.01)
        return into

    assert is_about(asyncio.run(run())["p3"], 3)


def test_a_closed_connection_is_opened_again() -> None:
    async def run() -> None:
        into: dict[str, Value] = {}
        async with tcp_server(lambda frame: framed(frame, block(frame))) as port:
            client = modbus_client(ModbusLink("127.0.0.1", port), 1, POINTS, FAST)
            await client.read(into)
        with pytest.raises(DeviceError, match=r"cannot be reached|closed the connection"):
            await client.read(into)
        async with tcp_server(lambda frame: framed(frame, block(frame)), port):
            into.clear()
            await client.read(into)
            await client.close()
        assert is_about(into["p2"], 2)

    asyncio.run(run())


def test_a_dead_unit_behind_a_gateway_does_not_cost_its_neighbour_the_connection_or_its_time() -> None:
    def answer(frame: bytes) -> bytes | None:
        return None if frame[6] == 66 else framed(frame, block(frame))

    async def run() -> None:
        slow = Limits(timeout_s=2.0)
        async with tcp_server(answer) as port:
            link = ModbusLink("127.0.0.1", port)
            dead, alive = (modbus_client(link, unit, POINTS, slow) for unit in (66, 1))
            failing = asyncio.create_task(dead.read({}))
            await asyncio.sleep(0.01)
            transport = link._transport
            for _ in range(5):
                await alive.read({})
            assert not failing.done()
            with pytest.raises(DeviceError, match="no answer from unit 66"):
                await failing
            await alive.read({})
            assert link._transport is transport
            await alive.close()
            await dead.close()

    asyncio.run(run())


def test_requests_are_not_sent_two_at_a_time() -> None:
    """Many servers lose the second of two frames that arrive together."""
    together: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1024):
            together.append(len(data))
            await asyncio.sleep(0.01)
            writer.write(framed(data[:12], block(data[:12])))
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        link = ModbusLink("127.0.0.1", server.sockets[0].getsockname()[1])
        clients = [modbus_client(link, unit, POINTS, Limits()) for unit in range(1, 9)]
        await asyncio.gather(*(client.read({}) for client in clients))
        for client in clients:
            await client.close()
        server.close()
        await asyncio.sleep(0.01)

    asyncio.run(run())
    assert together == [12] * 8


def test_a_device_that_needs_pauses_gets_them() -> None:
    times: list[float] = []

    def answer(frame: bytes) -> bytes:
        times.append(time.monotonic())
        return framed(frame, block(frame))

    read(answer, limits=Limits(timeout_s=0.5, registers_per_request=2, pause_ms=30))
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert len(gaps) == 3
    assert min(gaps) >= 0.029


def test_a_cancelled_read_leaves_nothing_behind() -> None:
    async def run() -> None:
        async with tcp_server(lambda frame: None if len(frames) == 1 else framed(frame, block(frame))) as port:
            link = ModbusLink("127.0.0.1", port)
            client = modbus_client(link, 1, POINTS, FAST)
            frames.append(b"")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await client.read({})
            assert not link._open
            frames.append(b"")
            into: dict[str, Value] = {}
            await client.read(into)
            assert is_about(into["p1"], 1)
            await client.close()

    frames: list[bytes] = []
    asyncio.run(run())
