"""Reads a whole profile from a device that answers given bytes: what the golden vectors are held against."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

import pytest

from facility.acquire.columns import Value
from facility.acquire.modbus.tcp_link import ModbusLink
from facility.acquire.snmp.community import CommunitySession
from facility.acquire.snmp.udp import UdpChannel
from facility.profile import load_profile
from facility.records import Quality
from tests.acquire.ber_by_hand import Question
from tests.acquire.servers import tcp_server, udp_agent
from tests.acquire.values import modbus_client, read_points, snmp_client

Rows = Mapping[str, tuple[str, ...]]


def read_all(profile_name: str, varbinds: Mapping[str, str], rows: Rows | None = None) -> dict[str, Value]:
    """Return every point of a profile, and of these rows of its tables; names and values are hexadecimal BER."""
    script = {bytes.fromhex(name): bytes.fromhex(value) for name, value in varbinds.items()}

    async def read() -> dict[str, Value]:
        profile = load_profile(profile_name).with_rows(rows or {})
        async with udp_agent(lambda datagram: [Question(datagram).answer(script)]) as port:
            channel = UdpChannel("127.0.0.1", port)
            client = snmp_client(channel, lambda: CommunitySession("public"), profile.points, profile.limits)
            return await read_points(client)

    return asyncio.run(read())


def read_registers(profile_name: str, answers: Mapping[str, str], rows: Rows | None = None) -> dict[str, Value]:
    """Return every point of a profile, and of these rows; a request that is not among the answers' keys is refused."""
    script = {bytes.fromhex(question): bytes.fromhex(answer) for question, answer in answers.items()}

    def answer(frame: bytes) -> bytes:
        pdu = script.get(frame[7:], bytes([frame[7] | 0x80, 4]))
        return frame[:4] + (len(pdu) + 1).to_bytes(2, "big") + frame[6:7] + pdu

    async def read() -> dict[str, Value]:
        profile = load_profile(profile_name).with_rows(rows or {})
        async with tcp_server(answer) as port:
            return await read_points(modbus_client(ModbusLink("127.0.0.1", port), 7, profile.points, profile.limits))

    return asyncio.run(read())


def typed(question: str, answer: str) -> Iterator[tuple[int, int]]:
    """Yield (address, register) of a read request and its answer."""
    data = bytes.fromhex(answer)[2:]
    start = int.from_bytes(bytes.fromhex(question)[1:3], "big")
    yield from ((start + at // 2, int.from_bytes(data[at : at + 2], "big")) for at in range(0, len(data), 2))


def assert_registers_mean(
    profile_name: str, answers: Mapping[str, str], expected: Mapping[str, float], rows: Rows | None = None
) -> None:
    """Assert that the registers mean these values: all points of the profile, and of each of its tables."""
    _assert(profile_name, read_registers(profile_name, answers, rows), expected, rows or {})


def assert_means(
    profile_name: str, varbinds: Mapping[str, str], expected: Mapping[str, float], rows: Rows | None = None
) -> None:
    """Assert that the bytes mean these values: all points of the profile, and of each of its tables."""
    _assert(profile_name, read_all(profile_name, varbinds, rows), expected, rows or {})


def _assert(profile_name: str, values: Mapping[str, Value], expected: Mapping[str, float], rows: Rows) -> None:
    profile = load_profile(profile_name)
    assert set(rows) == set(profile.tables), "a golden vector for every table"
    assert set(values) == set(profile.with_rows(rows).points) == set(expected)
    assert {key: value for key, (value, _) in values.items()} == pytest.approx(dict(expected), rel=1e-6)
    assert {quality for _, quality in values.values()} == {Quality.GOOD}
