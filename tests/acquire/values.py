"""Decoding single points and reading whole devices as polling does, and comparing what was read."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from facility.acquire.client import DeviceClient
from facility.acquire.columns import Columns, Value
from facility.acquire.decode import Scaling
from facility.acquire.modbus.client import ModbusClient
from facility.acquire.modbus.layout import ModbusLayout
from facility.acquire.modbus.line import ModbusLine
from facility.acquire.modbus.registers import Block
from facility.acquire.requests import ModbusRequest
from facility.acquire.snmp.ber import Raw
from facility.acquire.snmp.client import Session, SnmpClient
from facility.acquire.snmp.fetch import SnmpFetch
from facility.acquire.snmp.layout import SnmpLayout, SnmpReading
from facility.acquire.snmp.pdu import RESPONSE, Pdu, Request
from facility.acquire.snmp.udp import UdpChannel
from facility.profile import Limits, ProfilePoint
from facility.records import Quality


def is_about(found: Value, value: float, quality: Quality = Quality.GOOD) -> bool:
    """Tell whether a reading has this quality and, but for rounding, this value."""
    return found.quality is quality and math.isclose(found.value, value, rel_tol=1e-9, abs_tol=1e-12)


def of_registers(point: ProfilePoint, registers: Sequence[int]) -> Value:
    """Decode the registers (or the one bit) of a point."""
    assert point.table is not None and point.address is not None
    block = Block(ModbusRequest(point.table, point.address, point.width, ("p",)), {"p": point}, {"p": 0})
    columns = Columns.stale(1)
    block.decode(np.array(registers, ">u2"), columns.raw)
    return judged(point, columns)


def of_varbinds(point: ProfilePoint, values: Sequence[Raw]) -> Value:
    """Decode the instances of a point."""

    async def ask(request: Request) -> Pdu:
        return Pdu(RESPONSE, 0, 0, 0, request.names, list(values))

    columns = Columns.stale(1)
    asyncio.run(SnmpFetch(ask, SnmpReading([point], Limits()), 1)(columns.raw, columns.answered))
    return judged(point, columns)


def judged(point: ProfilePoint, columns: Columns) -> Value:
    columns.answered[:] = True
    Scaling([point]).judge(columns)
    return columns.value(0)


class Whole:
    """A client, and a reader of all its points."""

    def __init__(self, client: DeviceClient, keys: Iterable[str]) -> None:
        self.client = client
        self._keys = list(keys)
        self._reader = client.reader(self._keys)

    async def read(self, into: dict[str, Value]) -> None:
        """Read all points by key; what came before a failure is kept."""
        columns = Columns.stale(len(self._keys))
        try:
            await self._reader.read(columns)
        finally:
            into.update({key: columns.value(at) for at, key in enumerate(self._keys) if columns.answered[at]})

    async def write(self, key: str, value: float) -> Value:
        return await self.client.write(key, value)

    async def close(self) -> None:
        await self.client.close()


def snmp_client(
    channel: UdpChannel, session: Callable[[], Session], points: Mapping[str, ProfilePoint], limits: Limits
) -> Whole:
    return Whole(SnmpClient(channel, session, SnmpLayout(points, limits)), points)


def modbus_client(line: ModbusLine, unit: int, points: Mapping[str, ProfilePoint], limits: Limits) -> Whole:
    return Whole(ModbusClient(line, unit, ModbusLayout(points, limits)), points)


async def read_points(whole: Whole, times: int = 1) -> dict[str, Value]:
    """Read all points of a device so many times, and leave it; what the last read found."""
    into: dict[str, Value] = {}
    try:
        for _ in range(times):
            into.clear()
            await whole.read(into)
    finally:
        await whole.close()
    return into
