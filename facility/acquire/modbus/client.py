"""A unit behind a Modbus server as a device: blocks planned once, and split around addresses that it refuses."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from facility.acquire.columns import Columns, Value
from facility.acquire.encode import encode_registers, order
from facility.acquire.modbus.exceptions import explain, refuses, verdict
from facility.acquire.modbus.layout import ModbusLayout, ModbusReading
from facility.acquire.modbus.line import ModbusLine
from facility.acquire.modbus.patience import ask
from facility.acquire.modbus.pdu import (
    MalformedAnswerError,
    ModbusExceptionAnswer,
    check_write,
    decode_read,
    encode_read,
    encode_write,
)
from facility.acquire.modbus.registers import Block, Registers, characters
from facility.acquire.reader import Fetch, Reader
from facility.acquire.requests import ModbusRequest, halve_modbus
from facility.errors import DeviceError, WriteRefusedError
from facility.profile import Place, ProfilePoint
from facility.records import FloatArray


class ModbusClient:
    """Reads and writes the points of one unit."""

    def __init__(self, line: ModbusLine, unit: int, layout: ModbusLayout) -> None:
        self._line = line
        self._unit = unit
        self._layout = layout
        self._turn = asyncio.Lock()
        line.users += 1

    def reader(self, keys: Sequence[str]) -> Reader:
        """Prepare to read some points together."""
        scaling, reading = self._layout.prepared(keys)
        points = [self._layout.points[key] for key in keys]
        return Reader(points, scaling, _Blocks(self, reading), self._prepare)

    def _prepare(self, places: Sequence[Place]) -> Fetch:
        return _Blocks(self, self._layout.reading({str(at): place for at, place in enumerate(places)}))

    async def read_one(self, key: str) -> Value:
        """Read a point now."""
        columns = Columns.stale(1)
        await self.reader([key]).read(columns)
        return columns.value(0)

    async def read_text(self, place: Place) -> str:
        """Read a text; empty where the device has none."""
        if place.table is None or place.address is None:
            return ""
        registers = await self.block(ModbusRequest(place.table, place.address, place.width, ("",)))
        data = characters(registers[np.array(order(place))], swapped=place.byte_order == "little")
        return data.rstrip(b"\0 ").decode("ascii", errors="replace")

    async def write(self, key: str, value: float) -> Value:
        """Write a point and read it back."""
        pdu = self._write_pdu(key, value)
        try:
            check_write(pdu, await self._exchange(pdu))
        except ModbusExceptionAnswer as exception:
            if refuses(exception.code):
                raise WriteRefusedError(f"{self.name} refuses to write {key}: {exception}") from exception
            raise DeviceError(f"{explain(exception.code, self._unit, self._line.address)} to a write") from exception
        except MalformedAnswerError as error:
            raise DeviceError(f"{self.name} answers nonsense to a write of {key}: {error}") from error
        return await self.read_one(key)

    def describe_write(self, key: str, value: float) -> str:
        """Return the exact request that `write` would send."""
        pdu = self._write_pdu(key, value)
        return f"Modbus {self._line.address} unit {self._unit}: function {pdu[0]}, bytes {pdu.hex(' ')}"

    def _write_pdu(self, key: str, value: float) -> bytes:
        point: ProfilePoint = self._layout.points[key]
        if point.table not in ("holding", "coil") or point.address is None:
            raise WriteRefusedError(f"{key} lies in a table that cannot be written")
        return encode_write(point.table, point.address, encode_registers(point, value))

    async def block(self, request: ModbusRequest) -> Registers:
        """Read one block.

        Raises
        ------
        ModbusExceptionAnswer
            If the unit answers with an exception that concerns what was asked for.
        DeviceError
            If it does not answer, answers nonsense, or says that it cannot answer now.
        """
        try:
            return decode_read(request, await self._exchange(encode_read(request)))
        except MalformedAnswerError as error:
            raise DeviceError(f"{self.name} answers nonsense: {error}") from error
        except ModbusExceptionAnswer as exception:
            if verdict(exception.code) == "address":
                raise
            raise DeviceError(explain(exception.code, self._unit, self._line.address)) from exception

    @property
    def name(self) -> str:
        """The unit in words."""
        return f"unit {self._unit} at {self._line.address}"

    async def _exchange(self, pdu: bytes) -> bytes:
        limits = self._layout.limits
        async with self._turn:
            answer = await ask(self._line, self._unit, pdu, limits.timeout_s)
            if limits.pause_ms:
                await asyncio.sleep(limits.pause_ms / 1000)
            return answer

    async def close(self) -> None:
        """Leave the connection; the last device to leave closes it."""
        self._line.users -= 1
        if self._line.users == 0:
            self._line.close()


class _Blocks:
    """The blocks of some places on one unit; those that it made us split stay split."""

    def __init__(self, client: ModbusClient, reading: ModbusReading) -> None:
        self._client = client
        self._reading = reading
        self._blocks = reading.blocks

    async def __call__(self, raw: FloatArray, answered: npt.NDArray[np.bool_]) -> None:
        """Read each block; one that is refused whole is halved, and what is refused alone is left NaN."""
        todo, done = deque(self._blocks), []
        while todo:
            block = todo.popleft()
            try:
                block.decode(await self._client.block(block.request), raw)
            except ModbusExceptionAnswer:
                smaller = halve_modbus(block.request, self._reading.places)
                if smaller:
                    todo.extendleft(Block(each, self._reading.places, self._reading.position) for each in smaller[::-1])
                    continue
            answered[block.at] = True
            done.append(block)
        self._blocks = tuple(done)
