"""Modbus protocol data units: read and write requests, and what comes back. Pure; pymodbus encodes and decodes them.

What pymodbus leaves open is checked here: that an answer is to this function, and as long as was asked.
Source: MODBUS Application Protocol Specification V1.1b3 (modbus.org).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU, bit_message, register_message

from facility.acquire.requests import ModbusRequest
from facility.profile import ModbusTable

_READ: dict[ModbusTable, tuple[type[ModbusPDU], type[ModbusPDU]]] = {
    "coil": (bit_message.ReadCoilsRequest, bit_message.ReadCoilsResponse),
    "discrete": (bit_message.ReadDiscreteInputsRequest, bit_message.ReadDiscreteInputsResponse),
    "holding": (register_message.ReadHoldingRegistersRequest, register_message.ReadHoldingRegistersResponse),
    "input": (register_message.ReadInputRegistersRequest, register_message.ReadInputRegistersResponse),
}
_EXCEPTION_NAMES = {
    1: "illegal function", 2: "illegal data address", 3: "illegal data value", 4: "device failure", 5: "acknowledge",
    6: "device busy", 8: "memory parity error", 10: "gateway path unavailable", 11: "gateway target does not respond",
}  # fmt: skip
# The device is well, but what was asked for does not exist there in this form.
_NOT_THERE = frozenset({1, 2, 3})


class ModbusExceptionAnswer(Exception):  # noqa: N818  # the protocol calls it an exception response
    """A device answered with an exception code."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(_EXCEPTION_NAMES.get(code, f"exception {code}"))

    @property
    def concerns_address(self) -> bool:
        """Whether the request is at fault rather than the device."""
        return self.code in _NOT_THERE


class MalformedAnswerError(Exception):
    """An answer that does not fit its request."""


def encode_read(request: ModbusRequest) -> bytes:
    """Return the PDU that reads a block."""
    asked, _ = _READ[request.table]
    return _encoded(asked(address=request.address, count=request.count))


def decode_read(request: ModbusRequest, pdu: bytes) -> list[int]:
    """Return the registers (or bits) of a block.

    Raises
    ------
    ModbusExceptionAnswer
        If the device answered with an exception code.
    MalformedAnswerError
        If the answer has another length or function than the request asks for.
    """
    _, answered = _READ[request.table]
    bits = request.table in ("coil", "discrete")
    size = (request.count + 7) // 8 if bits else 2 * request.count
    answer = answered()
    _check(pdu, answer.function_code)
    if len(pdu) != 2 + size or pdu[1] != size:
        raise MalformedAnswerError(f"{len(pdu)} bytes where {2 + size} belong")
    try:
        answer.decode(pdu[1:])
    except (ModbusException, struct.error, IndexError) as error:
        raise MalformedAnswerError(str(error)) from error
    return [int(bit) for bit in answer.bits[: request.count]] if bits else list(answer.registers)


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
