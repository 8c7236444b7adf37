"""Writing to servers that others wrote: libmodbus, pymodbus and net-snmp."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pymodbus.simulator import DataType, SimData, SimDevice

from facility.acquire.factory import ClientFactory
from facility.acquire.modbus.tcp_link import ModbusLink
from facility.errors import WriteRefusedError
from facility.profile import Limits, ProfilePoint
from facility.records import Quality
from facility.site_file import LoadedSite
from tests.acquire.servers import libmodbus, pymodbus_server, snmpd
from tests.acquire.sites import modbus_device, site, snmp_device
from tests.acquire.values import modbus_client
from tests.acquire.writing import Desk, desk

AIR = "crah-1.supply_air_temperature_setpoint_degc"
FAN = "crah-1.fan_speed_setpoint_frac"
WRITABLE = (
    {"point": AIR, "low": 15.0, "high": 30.0},
    {"point": FAN, "low": 0.2, "high": 1.0},
)


def profile(protocol: str, points: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    head = {"title": "T", "protocol": protocol, "verified": False, "source": "this test", "equipment_kind": "CRAH"}
    common = {"writable": True, "volatile": "yes"}
    return {"profile": "controller", **head, "points": {key: {**point, **common} for key, point in points.items()}}


MODBUS = profile(
    "modbus",
    {
        AIR.split(".")[1]: {"table": "holding", "address": 2, "type": "int32", "word_order": "little", "scale": 0.01,
                            "unit": "degC", "range": [5, 45], "write_range": [14, 32]},
        FAN.split(".")[1]: {"table": "holding", "address": 4, "type": "float32", "unit": "%", "range": [0, 1]},
    },
)  # fmt: skip
BASE = "1.3.6.1.4.1.99999.1"
SNMP = profile(
    "snmp",
    {
        AIR.split(".")[1]: {"oid": f"{BASE}.1.0", "type": "integer", "scale": 0.1, "unit": "degC", "range": [5, 45]},
        FAN.split(".")[1]: {"oid": f"{BASE}.2.0", "type": "integer", "unit": "%", "range": [0, 1],
                            "write_as": "unsigned"},
    },
)  # fmt: skip


@pytest.fixture(scope="module")
def c_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with libmodbus(tmp_path_factory.mktemp("libmodbus")) as port:
        yield port


@asynccontextmanager
async def at_modbus(folder: Path, port: int) -> AsyncIterator[Desk]:
    devices = [modbus_device("unit", "controller", port, "crah-1")]
    loaded = site(folder, devices, WRITABLE, {"controller": MODBUS})
    async with desk(loaded, folder) as opened:
        opened.allow(AIR)
        opened.allow(FAN)
        yield opened


async def both_points_obey(at: Desk) -> None:
    for value, point in ((21.37, AIR), (0.625, FAN), (22.0, AIR), (0.3, FAN)):
        written = await at.write(value, point)
        assert written.read_back.value == pytest.approx(value)
        assert written.read_back.quality is Quality.GOOD
        at.clock.step(900)
        assert not (await at.write(value, point)).sent


async def set_by_hand(loaded: LoadedSite, point: str, value: float) -> None:
    """Write past the writer, with another connection."""
    device = loaded.site.devices[0]
    client = ClientFactory().client(device, loaded.profile_of(device))
    await client.write(loaded.points[point].key, value)
    await client.close()


async def by_hand_is_an_override(at: Desk) -> None:
    await at.write(21.0, AIR)
    await set_by_hand(at.loaded, AIR, 19.5)
    at.clock.step(900)
    with pytest.raises(WriteRefusedError, match=r"somebody changed 21 degC to 19\.5 degC"):
        await at.write(22.0, AIR)


def test_libmodbus_obeys_the_writer(tmp_path: Path, c_server: int) -> None:
    async def run() -> None:
        async with desk_on_good_values(tmp_path, c_server) as at:
            await both_points_obey(at)
            await by_hand_is_an_override(at)

    asyncio.run(run())


@asynccontextmanager
async def desk_on_good_values(folder: Path, port: int) -> AsyncIterator[Desk]:
    async with at_modbus(folder, port) as at:
        await set_by_hand(at.loaded, AIR, 18.0)
        await set_by_hand(at.loaded, FAN, 0.5)
        yield at


def test_pymodbus_obeys_the_writer(tmp_path: Path) -> None:
    async def run() -> None:
        device = SimDevice(1, simdata=[SimData(0, count=10, datatype=DataType.REGISTERS)])
        async with pymodbus_server(device) as port, desk_on_good_values(tmp_path, port) as at:
            await both_points_obey(at)
            await by_hand_is_an_override(at)

    asyncio.run(run())


def test_a_server_without_the_register_refuses(tmp_path: Path) -> None:
    async def run() -> None:
        device = SimDevice(1, simdata=[SimData(4, count=2, datatype=DataType.REGISTERS)])
        async with pymodbus_server(device) as port, at_modbus(tmp_path, port) as at:
            with pytest.raises(WriteRefusedError, match="no usable present value"):
                await at.write(21.0, AIR)

    asyncio.run(run())


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], LoadedSite]]:
    """An agent with one writable instance, one that only reads as a number, and communities for both."""
    lines = [
        "rocommunity look 127.0.0.1",
        "rwcommunity touch 127.0.0.1",
        f"override -rw .{BASE}.1.0 integer 180",
        f"override -rw .{BASE}.2.0 uinteger 50",
    ]
    with snmpd(tmp_path / "snmpd", lines) as port:

        def with_community(community: str) -> LoadedSite:
            monkeypatch.setenv("COMMUNITY", community)
            devices = [snmp_device("unit", "controller", port, "crah-1")]
            return site(tmp_path, devices, WRITABLE, {"controller": SNMP})

        yield with_community


def test_net_snmp_obeys_the_writer(tmp_path: Path, agent: Callable[[str], LoadedSite]) -> None:
    async def run() -> None:
        async with desk(agent("touch"), tmp_path) as at:
            at.allow(AIR)
            at.allow(FAN)
            for value, point in ((21.4, AIR), (0.63, FAN)):
                assert (await at.write(value, point)).read_back.value == pytest.approx(value)
            at.clock.step(900)
            await by_hand_is_an_override(at)
            shown = at.writer.describe(AIR, 22.0)
            assert shown.endswith(f"SET {BASE}.1.0 = INTEGER 220")
            assert all("touch" not in str(event) for event in at.events())

    asyncio.run(run())


def test_net_snmp_refuses_whom_it_does_not_trust(tmp_path: Path, agent: Callable[[str], LoadedSite]) -> None:
    async def run() -> None:
        async with desk(agent("look"), tmp_path) as at:
            at.allow(AIR)
            with pytest.raises(WriteRefusedError, match=r"the agent refuses to set \w+: no"):
                await at.write(21.4, AIR)
            assert at.told()[-1] == "write.refused"
            assert at.standing(AIR).last is None

    asyncio.run(run())


def test_a_float_written_is_the_float_on_the_wire(c_server: int) -> None:
    """Not only our own decoder says so: the registers are those of IEEE 754."""
    point = ProfilePoint.model_validate(
        {"table": "holding", "address": 10, "type": "float32", "word_order": "little", "unit": "kW", "range": (0, 100),
         "writable": True}
    )  # fmt: skip
    raw = {
        f"{at}": ProfilePoint.model_validate(
            {"table": "holding", "address": 10 + at, "type": "uint16", "unit": "count", "range": (0, 65535)}
        )
        for at in (0, 1)
    }

    async def run() -> list[float]:
        client = modbus_client(ModbusLink("127.0.0.1", c_server), 255, {"p": point, **raw}, Limits())
        await client.write("p", 21.5)
        values = [(await client.client.read_one(key)).value for key in raw]
        await client.close()
        return values

    low, high = asyncio.run(run())
    assert struct.pack(">HH", int(high), int(low)) == struct.pack(">f", 21.5)
