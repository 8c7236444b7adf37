"""What units say of themselves: function 43, MEI type 14."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.pdu.device import ModbusDeviceIdentification

from facility.acquire.modbus.connection import TcpWire
from facility.acquire.modbus.identity import MalformedIdentityError, decode_identity, read_device_identification
from facility.acquire.modbus.rtu_link import RtuLink
from facility.acquire.modbus.tcp_link import ModbusLink
from facility.errors import DeviceError
from tests.acquire.rtu_servers import pymodbus_rtu_over_tcp, registers
from tests.acquire.servers import libmodbus, tcp_server

HEAD = bytes([0x2B, 0x0E])


def answered(code: int, conformity: int, following: int | None, *objects: tuple[int, bytes]) -> bytes:
    """An answer by hand: function, MEI type, code, conformity, more follows, next object, objects."""
    body = b"".join(bytes([number, len(text)]) + text for number, text in objects)
    more = bytes([0, 0]) if following is None else bytes([0xFF, following])
    return HEAD + bytes([code, conformity]) + more + bytes([len(objects)]) + body


# The specification's example, section 6.21: "Company identification", then "Product code XX" and "V2.11" in a second answer.
FIRST = bytes.fromhex("2b0e0101ff0201") + b"\x00\x16Company identification"
SECOND = bytes.fromhex("2b0e0101000002") + b"\x01\x0fProduct code XX" + b"\x02\x05V2.11"


def test_the_example_of_the_specification() -> None:
    assert decode_identity(FIRST) == ({0: "Company identification"}, 1, 2)
    assert decode_identity(SECOND) == ({1: "Product code XX", 2: "V2.11"}, 1, None)


def test_texts_are_hostile() -> None:
    texts = decode_identity(answered(1, 1, None, (0, b"\x1b[31mA\xff\n\0\0"), (1, "Zähler".encode()))).objects
    assert texts == {0: "?[31mA??", 1: "Z??hler"}


@pytest.mark.parametrize(
    ("pdu", "reason"),
    [
        (b"", "another function"),
        (bytes([4, 2, 0, 1, 2, 3, 4]), "another function"),
        (bytes([0x2B, 0x0D, 1, 1, 0, 0, 0]), "another function"),
        (FIRST[:-1], "30 bytes, where 1 objects need more"),
        (FIRST + b"x", "1 bytes more"),
        (answered(1, 1, None)[:-1] + b"\xff", "255 objects need more"),
    ],
)
def test_what_is_no_identification_is_refused(pdu: bytes, reason: str) -> None:
    with pytest.raises(MalformedIdentityError, match=reason):
        decode_identity(pdu)


@given(st.one_of(st.binary(max_size=260), st.binary(max_size=250).map(lambda tail: HEAD + tail)))
def test_random_bytes_are_refused_or_decoded(pdu: bytes) -> None:
    try:
        identity = decode_identity(pdu)
    except MalformedIdentityError:
        return
    assert all(text.isascii() and (text == "" or text.isprintable()) for text in identity.objects.values())
    assert len(identity.objects) <= pdu[6]


class Scripted:
    """A line whose only unit gives these answers, the last one for ever."""

    address = "here"
    users = 0
    busy_answers = 0

    def __init__(self, answers: list[bytes]) -> None:
        self.answers = answers
        self.asked: list[bytes] = []

    async def request(self, unit: int, pdu: bytes, timeout_s: float) -> bytes:
        self.asked.append(pdu)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]

    def close(self) -> None:
        """Nothing to close."""


def identify(*answers: bytes) -> tuple[Mapping[int, str], list[bytes]]:
    line = Scripted(list(answers))
    return asyncio.run(read_device_identification(line, 1, 0.1)), line.asked


def test_more_that_follows_is_asked_for() -> None:
    found, asked = identify(FIRST, SECOND)
    assert found == {0: "Company identification", 1: "Product code XX", 2: "V2.11"}
    assert asked == [HEAD + bytes([1, 0]), HEAD + bytes([1, 2])]


def test_regular_objects_are_asked_for_where_the_unit_has_them() -> None:
    found, asked = identify(answered(1, 0x82, None, (0, b"V")), answered(2, 0x82, None, (4, b"P"), (5, b"M")))
    assert found == {0: "V", 4: "P", 5: "M"}
    assert asked == [HEAD + bytes([1, 0]), HEAD + bytes([2, 0])]


def test_a_unit_without_the_function_or_with_less_than_it_says() -> None:
    assert identify(bytes([0xAB, 1]))[0] == {}
    assert identify(answered(1, 0x82, None, (0, b"V")), bytes([0xAB, 3]))[0] == {0: "V"}


@pytest.mark.parametrize("following", [0, 1])
def test_a_chain_that_does_not_end_is_left(following: int) -> None:
    _, asked = identify(answered(1, 1, following, (0, b"again")))
    assert len(asked) <= 2


def test_a_long_chain_is_left_after_sixteen_answers() -> None:
    answers = [answered(1, 1, number + 1, (number, b"x")) for number in range(200)]
    assert len(identify(*answers)[1]) == 16


@given(st.lists(st.binary(max_size=60).map(lambda tail: HEAD + tail), min_size=1, max_size=5))
def test_a_unit_of_random_bytes_is_a_fault_or_ends(answers: list[bytes]) -> None:
    line = Scripted(answers)
    try:
        asyncio.run(read_device_identification(line, 1, 0.1))
    except DeviceError as error:
        assert "nonsense" in str(error)
    assert len(line.asked) <= 32


@pytest.mark.parametrize(
    ("code", "reason"),
    [(4, "unit 1 at .* answers: device failure"), (11, "the gateway at .* does not reach unit 1: gateway target")],
)
def test_a_unit_that_is_not_well_is_a_fault(code: int, reason: str) -> None:
    async def run() -> None:
        def script(frame: bytes) -> bytes:
            return frame[:4] + bytes([0, 3, frame[6], 0xAB, code])

        async with tcp_server(script) as port:
            link = ModbusLink("127.0.0.1", port)
            try:
                await read_device_identification(link, 1, 0.2)
            finally:
                link.close()

    with pytest.raises(DeviceError, match=reason):
        asyncio.run(run())


def test_pymodbus_identifies_itself_over_rtu() -> None:
    identity = ModbusDeviceIdentification(  # type: ignore[no-untyped-call]
        {0: "Maker", 1: "PX-1", 2: "1.2", 3: "https://example.org", 4: "Meter " + "x" * 200, 5: "Model"}
    )

    async def run() -> Mapping[int, str]:
        async with pymodbus_rtu_over_tcp([registers(7)], identity) as port:
            link = RtuLink(TcpWire("127.0.0.1", port))
            found = await read_device_identification(link, 7, 1.0)
            link.close()
            return found

    found = asyncio.run(run())
    assert {key: found[key] for key in (0, 1, 2, 3, 5)} == {
        0: "Maker", 1: "PX-1", 2: "1.2", 3: "https://example.org", 5: "Model",
    }  # fmt: skip
    assert found[4] == "Meter " + "x" * 200


def test_libmodbus_has_no_identification_and_is_well(tmp_path: Path) -> None:
    async def run(port: int) -> Mapping[int, str]:
        link = ModbusLink("127.0.0.1", port)
        found = await read_device_identification(link, 255, 1.0)
        link.close()
        return found

    with libmodbus(tmp_path) as port:
        assert asyncio.run(run(port)) == {}
