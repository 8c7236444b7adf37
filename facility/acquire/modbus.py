"""A unit behind a Modbus TCP server as a device: blocks planned once, and split around addresses that it refuses."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping

from facility.acquire.decode import BAD, Decoder, Value, encode_registers
from facility.acquire.modbus_link import ModbusLink
from facility.acquire.modbus_pdu import (
    MalformedAnswerError,
    ModbusExceptionAnswer,
    check_write,
    decode_read,
    encode_read,
    encode_write,
)
from facility.acquire.requests import ModbusRequest, halve_modbus, plan_modbus, words
from facility.errors import DeviceError, WriteRefusedError
from facility.profile import Limits, ProfilePoint


class ModbusClient:
    """Reads and writes the points of one unit."""

    def __init__(self, link: ModbusLink, unit: int, points: Mapping[str, ProfilePoint], limits: Limits) -> None:
        self._link = link
        self._unit = unit
        self._points = points
        self._decoders = {key: (point.address or 0, words(point), Decoder(point)) for key, point in points.items()}
        self._limits = limits
        self._plan: tuple[ModbusRequest, ...] = plan_modbus(points, limits)
        self._turn = asyncio.Lock()
        link.users += 1

    async def read(self, into: dict[str, Value]) -> None:
        """Read every point; blocks that the device made us split stay split."""
        todo, done = deque(self._plan), []
        while todo:
            request = todo.popleft()
            try:
                registers = decode_read(request, await self._ask(encode_read(request)))
            except ModbusExceptionAnswer as exception:
                smaller = self._after(exception, request)
                if smaller:
                    todo.extendleft(reversed(smaller))
                    continue
                into.update(dict.fromkeys(request.keys, BAD))
            except MalformedAnswerError as error:
                raise DeviceError(f"{self._name} answers nonsense: {error}") from error
            else:
                self._decode(request, registers, into)
            done.append(request)
        self._plan = tuple(done)

    def _after(self, exception: ModbusExceptionAnswer, request: ModbusRequest) -> tuple[ModbusRequest, ...]:
        if not exception.concerns_address:
            raise DeviceError(f"{self._name} answers: {exception}") from exception
        return halve_modbus(request, self._points)

    def _decode(self, request: ModbusRequest, registers: list[int], into: dict[str, Value]) -> None:
        for key in request.keys:
            address, width, decoder = self._decoders[key]
            at = address - request.address
            into[key] = decoder.registers(registers[at : at + width])

    @property
    def _name(self) -> str:
        return f"unit {self._unit} at {self._link.address}"

    async def _ask(self, pdu: bytes) -> bytes:
        async with self._turn:
            answer = await self._link.request(self._unit, pdu, self._limits.timeout_s)
            if self._limits.pause_ms:
                await asyncio.sleep(self._limits.pause_ms / 1000)
            return answer

    async def write(self, key: str, value: float) -> Value:
        """Write a point and read it back."""
        point = self._points[key]
        if point.table not in ("holding", "coil") or point.address is None:
            raise WriteRefusedError(f"{key} lies in a table that cannot be written")
        pdu = encode_write(point.table, point.address, encode_registers(point, value))
        request = ModbusRequest(point.table, point.address, words(point), (key,))
        try:
            check_write(pdu, await self._ask(pdu))
            return Decoder(point).registers(decode_read(request, await self._ask(encode_read(request))))
        except ModbusExceptionAnswer as exception:
            raise WriteRefusedError(f"{self._name} refuses to write {key}: {exception}") from exception
        except MalformedAnswerError as error:
            raise DeviceError(f"{self._name} answers nonsense to a write of {key}: {error}") from error

    async def close(self) -> None:
        """Leave the connection; the last device to leave closes it."""
        self._link.users -= 1
        if self._link.users == 0:
            self._link.close()
