"""Modbus protocol data units: read and write requests, and what comes back. Pure.

pymodbus encodes writes. Reads are five bytes out and registers back: numpy takes those as they are, at a tenth of the cost.
Source: MODBUS Application Protocol Specification V1.1b3 (modbus.org).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from pymodbus.pdu import ModbusPDU, bit_message, register_message

from facility.acquire.modbus.exceptions import name
from facility.acquire.modbus.registers import Registers
from facility.acquire.requests import ModbusRequest
from facility.profile import ModbusTable

_FUNCTIONS: dict[ModbusTable, int] = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
_READ = struct.Struct(">BHH")  # function, address, count
_REGISTER = np.dtype(">u2")


class ModbusExceptionAnswer(Exception):  # noqa: N818  # the protocol calls it an exception response
    """A device answered with an exception code."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(name(code))


class MalformedAnswerError(Exception):
    """An answer that does not fit its request."""


def encode_read(request: ModbusRequest) -> bytes:
    """Return the PDU that reads a block."""
    return _READ.pack(_FUNCTIONS[request.table], request.address, request.count)


def decode_read(request: ModbusRequest, pdu: bytes) -> Registers:
    """Return the registers (or bits) of a block.

    Raises
    ------
    ModbusExceptionAnswer
        If the device answered with an exception code.
    MalformedAnswerError
        If the answer has another length or function than the request asks for.
    """
    bits = request.table in ("coil", "discrete")
    size = (request.count + 7) // 8 if bits else 2 * request.count
    _check(pdu, _FUNCTIONS[request.table])
    if len(pdu) != 2 + size or pdu[1] != size:
        raise MalformedAnswerError(f"{len(pdu)} bytes where {2 + size} belong")
    if bits:
        packed = np.frombuffer(pdu, np.uint8, size, 2)
        return np.unpackbits(packed, count=request.count, bitorder="little").astype(_REGISTER)
    return np.frombuffer(pdu, _REGISTER, request.count, 2)


def encode_write(table: ModbusTable, address: int, registers: Sequence[int]) -> bytes:
    """Return the PDU that writes one coil, one register or several."""
    if table == "coil":
        return _encoded(bit_message.WriteSingleCoilRequest(address=address, bits=[bool(registers[0])]))
    if len(registers) == 1:
        return _encoded(register_message.WriteSingleRegisterRequest(address=address, registers=list(registers)))
    return _encoded(register_message.WriteMultipleRegistersRequest(address=address, registers=list(registers)))


def check_write(request: bytes, pdu: bytes) -> None:
    """Check that an answer confirms a write: it repeats the request's first five bytes.

    Raises
    ------
    ModbusExceptionAnswer
        If the device answered with an exception code.
    MalformedAnswerError
        If it confirms something else.
    """
    _check(pdu, request[0])
    if pdu != request[:5]:
        raise MalformedAnswerError("it confirms another write")


def _check(pdu: bytes, function: int) -> None:
    if len(pdu) == 2 and pdu[0] == function | 0x80:
        raise ModbusExceptionAnswer(pdu[1])
    if not pdu or pdu[0] != function:
        raise MalformedAnswerError("the answer to another function")


def _encoded(request: ModbusPDU) -> bytes:
    return bytes([request.function_code]) + request.encode()
