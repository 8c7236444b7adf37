from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from facility.acquire.factory import ClientFactory
from facility.acquire.poller import Poller
from facility.acquire.writer import PointWriter
from facility.errors import DeviceError, UnknownPointError, WriteRefusedError
from facility.ports import Writer
from facility.records import Quality, Reading, Write
from facility.site_file import LoadedSite
from tests.acquire.servers import tcp_server
from tests.acquire.sites import SetClock, modbus_device, site

POINT = "crah-1.supply_air_temperature_setpoint_degc"


class Controller:
    """A CRAH controller's holding registers."""

    def __init__(self) -> None:
        self.registers = [180, 600]
        self.written: list[bytes] = []
        self.refuse = False
        self.port = 0

    def answer(self, frame: bytes) -> bytes:
        function, address, value = frame[7], int.from_bytes(frame[8:10], "big"), frame[10:12]
        if function == 6:
            self.written.append(frame[7:])
            if self.refuse:
                return frame[:4] + b"\x00\x03" + frame[6:7] + b"\x86\x03"
            self.registers[address] = int.from_bytes(value, "big")
            return frame
        count = int.from_bytes(value, "big")
        data = b"".join(register.to_bytes(2, "big") for register in self.registers[address : address + count])
        pdu = bytes([function, len(data)]) + data
        return frame[:4] + (len(pdu) + 1).to_bytes(2, "big") + frame[6:7] + pdu


def loaded(folder: Path, port: int) -> LoadedSite:
    devices = [modbus_device("controller", "bms_crah", port, "crah-1", interval_s=0.1)]
    return site(folder, devices, [{"point": POINT, "low": 17.0, "high": 25.0, "reversion": "bms"}])


def with_writer(folder: Path, controller: Controller, use: Callable[[Writer], Awaitable[None]]) -> None:
    async def run() -> None:
        async with tcp_server(controller.answer) as port:
            controller.port = port
            there = loaded(folder, port)
            device = there.site.devices[0]
            client = ClientFactory().client(device, there.profiles[device.profile], [p.key for p in there.points])
            await use(PointWriter(there, lambda _: client, SetClock()))
            await client.close()

    asyncio.run(run())


def test_a_setpoint_is_written_and_read_back(tmp_path: Path) -> None:
    controller = Controller()

    async def use(writer: Writer) -> None:
        written = await writer.write(POINT, 21.5)
        assert written.read_back == Reading(POINT, SetClock().now(), 21.5, Quality.GOOD)
        assert written == Write(21.5, written.read_back, loaded(tmp_path, controller.port).revision)

    with_writer(tmp_path, controller, use)
    assert controller.registers == [215, 600]
    assert controller.written == [bytes.fromhex("06 0000 00D7")]


@pytest.mark.parametrize(
    ("point", "value", "error", "reason"),
    [
        (POINT, 26.0, WriteRefusedError, "26 degC lies outside the allowed 17 to 25"),
        (POINT, 16.9, WriteRefusedError, "outside the allowed"),
        (POINT, math.nan, WriteRefusedError, "outside the allowed"),
        (
            "crah-1.fan_speed_setpoint_frac",
            0.5,
            WriteRefusedError,
            "not writable; list it under `writable` in site.yaml",
        ),
        ("crah-1.fan_power_kw", 0.5, WriteRefusedError, "not writable"),
        ("crah-9.on_status", 1, UnknownPointError, "no point"),
    ],
)
def test_what_the_site_does_not_allow_is_never_sent(
    tmp_path: Path, point: str, value: float, error: type[Exception], reason: str
) -> None:
    controller = Controller()

    async def use(writer: Writer) -> None:
        with pytest.raises(error, match=reason):
            await writer.write(point, value)

    with_writer(tmp_path, controller, use)
    assert controller.written == []


def test_a_device_that_refuses_is_an_error_not_a_reading(tmp_path: Path) -> None:
    controller = Controller()
    controller.refuse = True

    async def use(writer: Writer) -> None:
        with pytest.raises(WriteRefusedError, match="illegal data value"):
            await writer.write(POINT, 21.5)

    with_writer(tmp_path, controller, use)
    assert controller.registers == [180, 600]


def test_a_silent_device_is_a_device_error(tmp_path: Path) -> None:
    async def run() -> None:
        there = loaded(tmp_path, 1)
        device = there.site.devices[0]
        client = ClientFactory().client(device, there.profiles[device.profile], [p.key for p in there.points])
        with pytest.raises(DeviceError, match="cannot be reached"):
            await PointWriter(there, lambda _: client, SetClock()).write(POINT, 20.0)

    asyncio.run(run())


def test_writing_through_the_client_that_polls(tmp_path: Path) -> None:
    controller = Controller()

    async def run() -> None:
        async with tcp_server(controller.answer) as port:
            there = loaded(tmp_path, port)
            poller = Poller(there, lambda _: None, SetClock())
            running = asyncio.create_task(poller.run())
            await asyncio.sleep(0.2)
            writer = PointWriter(there, poller.client, SetClock())
            for value in (18.0, 19.5, 24.0):
                assert (await writer.write(POINT, value)).read_back.value == pytest.approx(value)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(run())
    assert len(controller.written) == 3
