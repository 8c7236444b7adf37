"""Modbus units that are found: pymodbus's, libmodbus's, and such as misbehave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from pymodbus.pdu.device import ModbusDeviceIdentification
from pymodbus.server import ModbusTcpServer

from facility.acquire.discovery.found import Answer, Fault, Found
from facility.acquire.discovery.modbus_probe import probe_modbus
from facility.acquire.discovery.recognise import Recogniser
from tests.acquire.discovery.devices import recogniser
from tests.acquire.rtu_servers import registers
from tests.acquire.servers import free_port, libmodbus, tcp_server


@pytest.fixture(scope="module")
def knows(tmp_path_factory: pytest.TempPathFactory) -> Recogniser:
    return recogniser(tmp_path_factory.mktemp("profiles"))


async def probed(port: int, knows: Recogniser, units: tuple[int, ...] = (1,), timeout_s: float = 0.3) -> list[Answer]:
    return [answer async for answer in probe_modbus("127.0.0.1", port, units, knows, timeout_s)]


def found_by(
    answer: Callable[[bytes], bytes | None], knows: Recogniser, units: tuple[int, ...] = (1,), timeout_s: float = 0.3
) -> list[Answer]:
    async def run() -> list[Answer]:
        async with tcp_server(answer) as port:
            return await probed(port, knows, units, timeout_s)

    return asyncio.run(run())


def exception(code: int) -> Callable[[bytes], bytes]:
    return lambda frame: frame[:4] + bytes([0, 3, frame[6], 0xAB, code])


def test_pymodbus_says_who_it_is_and_is_recognised(knows: Recogniser) -> None:
    identity = ModbusDeviceIdentification({0: "Maker", 1: "PX-1", 2: "1.2", 4: "Meter"})  # type: ignore[no-untyped-call]

    async def run() -> list[Answer]:
        server = ModbusTcpServer([registers(1)], identity=identity, address=("127.0.0.1", 0))
        await server.listen()
        port = int(cast(asyncio.Server, server.transport).sockets[0].getsockname()[1])
        try:
            return await probed(port, knows, timeout_s=2.0)
        finally:
            await server.shutdown()  # type: ignore[no-untyped-call]

    [found] = asyncio.run(run())
    assert isinstance(found, Found)
    assert found.match.profile is not None
    assert found.match.profile.profile == "own_meter"
    said = {"vendor": "Maker", "product code": "PX-1", "revision": "1.2", "product": "Meter"}
    assert {what: found.says[what] for what in said} == said


def test_libmodbus_is_a_device_that_does_not_identify_itself(knows: Recogniser, tmp_path: Path) -> None:
    with libmodbus(tmp_path) as port:
        [found] = asyncio.run(probed(port, knows, timeout_s=2.0))
    assert isinstance(found, Found)
    assert (found.says, found.match.profile) == ({}, None)
    assert found.notes == ("a Modbus device that does not identify itself",)


def test_units_are_told_apart_behind_a_gateway(knows: Recogniser) -> None:
    """Unit 2 is there and knows no identification, 3 is not well, 5 does not exist, and 7 is silent."""
    kinds = {2: exception(1), 3: exception(4), 5: exception(11)}

    def gateway(frame: bytes) -> bytes | None:
        return kinds[frame[6]](frame) if frame[6] in kinds else None

    answers = found_by(gateway, knows, units=(2, 3, 5, 7))
    assert [type(answer) for answer in answers] == [Found, Found, Fault, Fault]
    assert [answer.address.unit_id for answer in answers[:2]] == [2, 3]  # type: ignore[union-attr]
    assert "device failure" in answers[1].notes[0]  # type: ignore[union-attr]
    assert "does not reach unit 5" in answers[2].reason  # type: ignore[union-attr]
    assert "no answer from unit 7" in answers[3].reason  # type: ignore[union-attr]


def test_nobody_there_is_asked_once_whatever_the_units(knows: Recogniser) -> None:
    assert asyncio.run(probed(free_port(), knows, units=(1, 255, 0))) == []


def test_silence_nonsense_and_what_is_no_modbus(knows: Recogniser) -> None:
    [silent] = found_by(lambda frame: None, knows)
    assert isinstance(silent, Fault)
    assert "no answer from unit 1" in silent.reason
    [web] = found_by(lambda frame: b"HTTP/1.1 400 Bad Request\r\n\r\n", knows)
    assert isinstance(web, Fault)
    assert "bytes that are not Modbus TCP" in web.reason
    [nonsense] = found_by(lambda frame: frame[:4] + bytes([0, 5, frame[6], 0x2B, 0x0E, 1, 1]), knows)
    assert isinstance(nonsense, Found)
    assert "nonsense" in nonsense.notes[0]


def test_a_flood_of_other_answers_is_left_in_time(knows: Recogniser) -> None:
    begin = time.monotonic()
    [fault] = found_by(lambda frame: (b"\xff\xff\0\0\0\3\1\xab\1") * 100_000, knows)
    assert isinstance(fault, Fault)
    assert "wrong transaction id" in fault.reason
    assert time.monotonic() - begin < 10


def test_hostile_texts_are_short_and_printable(knows: Recogniser) -> None:
    text = b"\x1b[2J\r\nMaker" + b"x" * 200

    def answer(frame: bytes) -> bytes:
        pdu = bytes([0x2B, 0x0E, 1, 1, 0, 0, 1, 0, len(text)]) + text
        return frame[:4] + (len(pdu) + 1).to_bytes(2, "big") + frame[6:7] + pdu

    [found] = found_by(answer, knows)
    assert isinstance(found, Found)
    assert found.says["vendor"].startswith("?[2J??Makerxxx")
    assert len(found.says["vendor"]) <= 120
