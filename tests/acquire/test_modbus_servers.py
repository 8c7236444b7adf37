"""Against servers that others wrote: libmodbus in C, and pymodbus."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from pymodbus.simulator import DataType, SimData, SimDevice

from facility.acquire.columns import Value
from facility.acquire.modbus.tcp_link import ModbusLink
from facility.errors import WriteRefusedError
from facility.profile import Limits, ProfilePoint, load_profile
from facility.records import Quality
from tests.acquire.servers import libmodbus, pymodbus_server
from tests.acquire.values import Whole, is_about, modbus_client


def spec(table: str, address: int, kind: str, **more: Any) -> ProfilePoint:
    return ProfilePoint.model_validate(
        {"table": table, "address": address, "type": kind, "unit": "kW", "range": (-1e9, 1e9), **more}
    )


READ_ONLY = {
    "int": spec("input", 0, "int16", scale=0.1),
    "none": spec("input", 1, "int16", invalid=(-32768,)),
    "abcd": spec("input", 2, "float32"),
    "dcba": spec("input", 4, "float32", byte_order="little", word_order="little"),
    "badc": spec("input", 6, "float32", byte_order="little"),
    "cdab": spec("input", 8, "float32", word_order="little"),
    "uint32": spec("input", 10, "uint32"),
    "bit": spec("input", 12, "bit", bit=5),
    "discrete": spec("discrete", 3, "bit"),
    "no discrete": spec("discrete", 4, "bit"),
    "coil": spec("coil", 9, "bit"),
}
WRITABLE = {
    f"{kind} {byte} {word}": spec("holding", 2, kind, byte_order=byte, word_order=word, writable=True)
    for kind in ("int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64")
    for byte in ("big", "little")
    for word in ("big", "little")
}


@pytest.fixture(scope="module")
def c_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with libmodbus(tmp_path_factory.mktemp("libmodbus")) as port:
        yield port


async def read(client: Whole) -> dict[str, Value]:
    into: dict[str, Value] = {}
    await client.read(into)
    return into


def test_libmodbus_and_we_agree_on_every_order(c_server: int) -> None:
    async def run() -> dict[str, Value]:
        client = modbus_client(ModbusLink("127.0.0.1", c_server), 255, READ_ONLY, Limits())
        values = await read(client)
        await client.close()
        return values

    values = asyncio.run(run())
    assert values.pop("none").quality is Quality.BAD
    assert {key: value for key, (value, _) in values.items()} == {
        "int": pytest.approx(-5.5),
        "abcd": 230.5,
        "dcba": -12.25,
        "badc": pytest.approx(50.02, rel=1e-6),
        "cdab": 7.125,
        "uint32": 1234567,
        "bit": 1,
        "discrete": 1,
        "no discrete": 0,
        "coil": 1,
    }


def test_libmodbus_gives_back_what_was_written(c_server: int) -> None:
    coil = {"coil": spec("coil", 2, "bit", writable=True)}

    async def run() -> None:
        client = modbus_client(ModbusLink("127.0.0.1", c_server), 255, WRITABLE | coil, Limits())
        for key in WRITABLE:
            assert await client.write(key, 12_345) == (12_345, Quality.GOOD)
        assert (await client.write("coil", 1)).value == 1
        assert (await client.write("coil", 0)).value == 0
        await client.close()

    asyncio.run(run())


def test_addresses_beyond_the_servers_end_are_bad_and_the_others_good(c_server: int) -> None:
    points = READ_ONLY | {"beyond": spec("input", 40, "uint16")}

    async def run() -> tuple[dict[str, Value], dict[str, Value]]:
        client = modbus_client(ModbusLink("127.0.0.1", c_server), 255, points, Limits(gap_registers=100))
        first, second = await read(client), await read(client)
        await client.close()
        return first, second

    for values in asyncio.run(run()):
        assert values["beyond"].quality is Quality.BAD
        assert is_about(values["uint32"], 1234567, Quality.GOOD)
        assert is_about(values["abcd"], 230.5, Quality.GOOD)


def test_a_write_beyond_the_end_is_refused(c_server: int) -> None:
    async def run() -> None:
        client = modbus_client(
            ModbusLink("127.0.0.1", c_server), 255, {"x": spec("holding", 99, "uint16", writable=True)}, Limits()
        )
        with pytest.raises(WriteRefusedError, match="refuses to write x: illegal data address"):
            await client.write("x", 1)
        await client.close()

    asyncio.run(run())


def crah(unit: int) -> SimDevice:
    inputs = SimData(0, values=[182, 305, 450, 625, 400, 275, 1, 0], datatype=DataType.REGISTERS)
    settings = SimData(0, values=[180, 600], datatype=DataType.REGISTERS)
    bits = SimData(0, values=[False], datatype=DataType.BITS)
    return SimDevice(unit, ([bits], [bits], [settings], [inputs]))


def test_pymodbus_serves_two_units_over_one_connection(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    profile = load_profile("bms_crah")

    async def run() -> None:
        async with pymodbus_server([crah(11), crah(12)]) as port:
            link = ModbusLink("127.0.0.1", port)
            clients = [modbus_client(link, unit, profile.points, profile.limits) for unit in (11, 12)]
            for values in await asyncio.gather(*(read(client) for client in clients)):
                assert is_about(values["supply_air_temperature_degc"], 18.2, Quality.GOOD)
                assert is_about(values["fan_speed_setpoint_frac"], 0.6, Quality.GOOD)
            await clients[0].write("fan_speed_setpoint_frac", 0.615)
            assert (await read(clients[0]))["fan_speed_setpoint_frac"].value == pytest.approx(0.615)
            assert (await read(clients[1]))["fan_speed_setpoint_frac"].value == pytest.approx(0.6)
            for client in clients:
                await client.close()

    asyncio.run(run())
