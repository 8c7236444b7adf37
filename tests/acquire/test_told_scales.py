"""Scales and units that a device tells of itself, as Raritan's and Server Technology's PDUs do, and SunSpec's scale factors."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from facility.acquire.columns import Value
from facility.acquire.modbus.tcp_link import ModbusLink
from facility.acquire.snmp.community import CommunitySession
from facility.acquire.snmp.udp import UdpChannel
from facility.errors import DeviceError
from facility.profile import Limits, ProfilePoint, ScaleFrom, UnitFrom
from facility.records import Quality
from tests.acquire.ber_by_hand import Question
from tests.acquire.servers import Answers, tcp_server, udp_agent
from tests.acquire.test_bad_modbus import framed
from tests.acquire.values import is_about, modbus_client, snmp_client

BASE = bytes([0x2B, 6, 1, 4])
POWER, DIGITS, TEMPERATURE, UNIT = (BASE + bytes([number]) for number in (1, 2, 3, 4))
POINTS = {
    "power": ProfilePoint(
        oid="1.3.6.1.4.1",
        type="integer",
        unit="W",
        range=(0, 60),
        scale_from=ScaleFrom(oid="1.3.6.1.4.2", type="integer", means="decimal_digits"),
    ),
    "temperature": ProfilePoint(
        oid="1.3.6.1.4.3",
        type="integer",
        scale=0.1,
        unit="degC",
        range=(-20, 70),
        unit_from=UnitFrom(oid="1.3.6.1.4.4", type="integer", units={0: "degC", 1: "degF"}),
    ),
    "plain": ProfilePoint(oid="1.3.6.1.4.1", type="integer", unit="W", range=(0, 60)),
}


def number(value: int) -> bytes:
    return b"\x02\x02" + value.to_bytes(2, "big", signed=True)


def read(script: Mapping[bytes, bytes]) -> dict[str, Value]:
    async def run() -> dict[str, Value]:
        async with udp_agent(lambda datagram: [Question(datagram).answer(script)]) as port:
            channel = UdpChannel("127.0.0.1", port)
            client = snmp_client(channel, lambda: CommunitySession("public"), POINTS, Limits(timeout_s=0.5))
            into: dict[str, Value] = {}
            await client.read(into)
            await client.close()
            return into

    return asyncio.run(run())


@pytest.mark.parametrize(("digits", "power_kw"), [(0, 7.345), (1, 0.7345), (3, 0.007345)])
def test_decimal_digits(digits: int, power_kw: float) -> None:
    values = read({POWER: number(7345), DIGITS: number(digits), TEMPERATURE: number(235), UNIT: number(0)})
    assert is_about(values["power"], power_kw)
    assert is_about(values["plain"], 7.345)


@pytest.mark.parametrize(("unit", "raw", "degc"), [(0, 235, 23.5), (1, 743, 23.5)])
def test_the_unit_of_a_probe(unit: int, raw: int, degc: float) -> None:
    values = read({POWER: number(1), DIGITS: number(0), TEMPERATURE: number(raw), UNIT: number(unit)})
    assert is_about(values["temperature"], degc)


@pytest.mark.parametrize("told", [{}, {DIGITS: number(99), UNIT: number(7)}, {DIGITS: b"\x04\x012", UNIT: b"\x05\x00"}])
def test_what_is_told_absurdly_or_not_at_all_makes_its_points_bad_and_no_others(told: dict[bytes, bytes]) -> None:
    values = read({POWER: number(100), TEMPERATURE: number(235), **told})
    assert {values["power"].quality, values["temperature"].quality} == {Quality.BAD}
    assert is_about(values["plain"], 0.1)


def test_another_device_at_the_address_is_asked_anew() -> None:
    script = {POWER: number(100), DIGITS: number(1), TEMPERATURE: number(0), UNIT: number(0)}
    questions: list[list[bytes]] = []
    alive = True

    def answer(datagram: bytes) -> Answers:
        questions.append(Question(datagram).names)
        return [Question(datagram).answer(script)] if alive else None

    async def run() -> None:
        nonlocal alive
        async with udp_agent(answer) as port:
            channel = UdpChannel("127.0.0.1", port)
            client = snmp_client(channel, lambda: CommunitySession("public"), POINTS, Limits(timeout_s=0.1))
            into: dict[str, Value] = {}
            await client.read(into)
            await client.read(into)
            assert is_about(into["power"], 0.01)
            assert len([names for names in questions if DIGITS in names]) == 1  # once, not with each poll
            alive = False
            with pytest.raises(DeviceError):
                await client.read({})
            alive, script[DIGITS] = True, number(0)
            await client.read(into)
            assert is_about(into["power"], 0.1)
            await client.close()

    asyncio.run(run())


@pytest.mark.parametrize(("factor", "value"), [(0xFFFE, 12.34), (0, 1234.0), (1, 12340.0)])
def test_a_power_of_ten_in_a_register(factor: int, value: float) -> None:
    registers = {0: 1234, 40: factor}

    def answer(frame: bytes) -> bytes:
        address, count = int.from_bytes(frame[8:10], "big"), int.from_bytes(frame[10:12], "big")
        words = b"".join(registers.get(address + at, 0).to_bytes(2, "big") for at in range(count))
        return framed(frame, bytes([3, len(words)]) + words)

    point = ProfilePoint(
        table="holding",
        address=0,
        type="uint16",
        unit="kW",
        range=(0, 1e5),
        scale_from=ScaleFrom(table="holding", address=40, type="int16", means="power_of_ten"),
    )

    async def run() -> dict[str, Value]:
        async with tcp_server(answer) as port:
            client = modbus_client(ModbusLink("127.0.0.1", port), 1, {"power": point}, Limits())
            into: dict[str, Value] = {}
            await client.read(into)
            await client.close()
            return into

    assert is_about(asyncio.run(run())["power"], value)
