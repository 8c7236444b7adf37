"""A Modbus TCP server on asyncio: function codes 3, 4, 6 and 16, one unit id, exceptions for everything else."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass

from tools.simulated_site.devices.registers import ModbusMap, Register, decode, encode
from tools.simulated_site.faults import Fault
from tools.simulated_site.setpoints import SetpointRefusedError

READ_HOLDING, READ_INPUT, WRITE_ONE, WRITE_MANY = 3, 4, 6, 16
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, DEVICE_FAILURE, NO_SUCH_TARGET = 1, 2, 3, 4, 11
IDLE_S = 300.0


class ModbusFaultError(Exception):
    """An exception of the protocol, by its code."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"Modbus exception {code}")


@dataclass(frozen=True, slots=True, eq=False)
class ModbusDevice:
    """A device behind a server: its registers, and where values come from and go to."""

    unit_id: int
    registers: ModbusMap
    read: Callable[[Register], float]
    write: Callable[[Register, float], None]
    state: Callable[[], tuple[Fault, float]]  # its fault, and by how many seconds it answers late

    def answer(self, unit_id: int, pdu: bytes) -> bytes:
        """Return the response PDU to a request PDU."""
        function = pdu[0]
        try:
            self._refuse(unit_id)
            return self._serve(function, pdu[1:])
        except ModbusFaultError as error:
            return bytes((function | 0x80, error.code))
        except struct.error:
            return bytes((function | 0x80, ILLEGAL_VALUE))

    def fault(self) -> Fault:
        """Return what is wrong with it now."""
        return self.state()[0]

    def _refuse(self, unit_id: int) -> None:
        if unit_id != self.unit_id:
            raise ModbusFaultError(NO_SUCH_TARGET)
        if self.fault() is Fault.EXCEPTION:
            raise ModbusFaultError(DEVICE_FAILURE)

    def _serve(self, function: int, body: bytes) -> bytes:
        if function in (READ_HOLDING, READ_INPUT):
            table = self.registers.holding if function == READ_HOLDING else self.registers.inputs
            words = self._read(table, *struct.unpack(">HH", body))
            return struct.pack(f">BB{len(words)}H", function, 2 * len(words), *words)
        if function == WRITE_ONE:
            address, word = struct.unpack(">HH", body)
            self._write(address, [word])
            return struct.pack(">BHH", function, address, word)
        if function == WRITE_MANY:
            address, count, size = struct.unpack(">HHB", body[:5])
            if not 1 <= count <= 123 or size != 2 * count:
                raise ModbusFaultError(ILLEGAL_VALUE)
            self._write(address, list(struct.unpack(f">{count}H", body[5:])))
            return struct.pack(">BHH", function, address, count)
        raise ModbusFaultError(ILLEGAL_FUNCTION)

    def _read(self, table: tuple[Register, ...], address: int, count: int) -> list[int]:
        """Return words; holes inside the map read as 0, outside it there is nothing."""
        if not 1 <= count <= 125:
            raise ModbusFaultError(ILLEGAL_VALUE)
        first = min((one.address for one in table), default=1)
        end = max((one.address + one.kind.words for one in table), default=0)
        if address < first or address + count > end:
            raise ModbusFaultError(ILLEGAL_ADDRESS)
        words = [0] * count
        no_value = self.fault() is Fault.NO_VALUE
        for one in table:
            if one.address + one.kind.words > address and one.address < address + count:
                encoded = encode(one, float("nan") if no_value else self.read(one))
                for offset, word in enumerate(encoded, start=one.address - address):
                    if 0 <= offset < count:
                        words[offset] = word
        return words

    def _write(self, address: int, words: list[int]) -> None:
        """Write whole values only: all of them, or none."""
        found: list[tuple[Register, float]] = []
        at = 0
        while at < len(words):
            one = next((one for one in self.registers.holding if one.address == address + at), None)
            if one is None:
                raise ModbusFaultError(ILLEGAL_ADDRESS)
            if at + one.kind.words > len(words):
                raise ModbusFaultError(ILLEGAL_VALUE)
            found.append((one, decode(one, words[at : at + one.kind.words])))
            at += one.kind.words
        try:
            for one, value in found:
                self.write(one, value)
        except SetpointRefusedError as error:
            raise ModbusFaultError(ILLEGAL_VALUE) from error

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until the client leaves or falls silent."""
        try:
            while True:
                header = await asyncio.wait_for(reader.readexactly(7), IDLE_S)
                transaction, protocol, length, unit_id = struct.unpack(">HHHB", header)
                if protocol != 0 or not 2 <= length <= 254:
                    break
                pdu = await reader.readexactly(length - 1)
                await asyncio.sleep(self.state()[1])
                response = self._framed(transaction, unit_id, pdu)
                if response is not None:
                    writer.write(response)
                    await writer.drain()
        except (asyncio.IncompleteReadError, TimeoutError, ConnectionError):
            pass  # the client left; the next one finds the server listening
        finally:
            writer.close()

    def _framed(self, transaction: int, unit_id: int, pdu: bytes) -> bytes | None:
        match self.fault():
            case Fault.SILENT:
                return None
            case Fault.GARBAGE:
                return os.urandom(64)
            case _:
                response = self.answer(unit_id, pdu)
                return struct.pack(">HHHB", transaction, 0, len(response) + 1, unit_id) + response
