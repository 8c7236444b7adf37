"""Raw registers and varbinds to canonical values with a quality, and back for writes. Pure.

A value that the device says it does not have (a sentinel, NaN, an SNMP exception) or that cannot be decoded is BAD and NaN;
one that is decoded but impossible keeps its value and is OUT_OF_RANGE.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import NamedTuple

from facility.acquire.requests import words
from facility.errors import WriteRefusedError
from facility.profile import ProfilePoint
from facility.records import Quality
from facility.units import from_canonical, to_canonical

_FORMATS = {
    "int16": "h", "uint16": "H", "int32": "i", "uint32": "I", "int64": "q", "uint64": "Q", "float32": "f", "float64": "d",
}  # fmt: skip
_INT32 = (-(1 << 31), (1 << 31) - 1)  # an SNMP INTEGER


class Value(NamedTuple):
    """A canonical value and how far it may be trusted."""

    value: float
    quality: Quality


BAD = Value(math.nan, Quality.BAD)


def decode_registers(point: ProfilePoint, registers: Sequence[int]) -> Value:
    """Decode the registers of a point (or the one bit, from a table of bits)."""
    if len(registers) != words(point) or any(not 0 <= register <= 0xFFFF for register in registers):
        return BAD
    if point.type == "bit":
        return _judge(point, registers[0] >> (point.bit or 0) & 1)
    data = b"".join(_register_bytes(point, register) for register in _word_order(point, registers))
    return _judge(point, struct.unpack(">" + _FORMATS[point.type], data)[0])


def decode_varbinds(point: ProfilePoint, values: Sequence[int | bytes | None]) -> Value:
    """Decode the instances of a point, the first and those added to it.

    None is an instance that the agent has not: it makes a point BAD, while a further line that does not exist adds
    nothing.
    """
    present = [value for value in values[1:] if value is not None]
    numbers = [value for value in (values[0], *present) if isinstance(value, int)]
    if len(numbers) != 1 + len(present) or any(number in point.invalid for number in numbers):
        return BAD
    return _judge(point, sum(numbers))


def _judge(point: ProfilePoint, raw: float) -> Value:
    if not math.isfinite(raw) or _is_sentinel(point, raw):
        return BAD
    value = to_canonical(raw * point.scale + point.offset, point.unit)
    low, high = point.range
    slack = 1e-9 * (high - low)  # 1100 x 0.1 % is not more than 1.1
    return Value(value, Quality.GOOD if low - slack <= value <= high + slack else Quality.OUT_OF_RANGE)


def _is_sentinel(point: ProfilePoint, raw: float) -> bool:
    return raw in point.invalid or (point.type == "float32" and any(raw == _float32(bad) for bad in point.invalid))


def _float32(value: float) -> float:
    try:
        return float(struct.unpack(">f", struct.pack(">f", value))[0])
    except OverflowError:
        return math.inf


def _word_order(point: ProfilePoint, registers: Sequence[int]) -> Sequence[int]:
    return registers if point.word_order == "big" else registers[::-1]


def _register_bytes(point: ProfilePoint, register: int) -> bytes:
    return register.to_bytes(2, point.byte_order)


def encode_registers(point: ProfilePoint, value: float) -> tuple[int, ...]:
    """Encode a canonical value as the registers (or the one bit) to write.

    Raises
    ------
    WriteRefusedError
        If the type cannot hold it, it would read as "no value", or it is one bit of a register: setting it would
        overwrite its neighbours.
    """
    raw = _raw(point, value)
    if point.type == "bit":
        if point.bit is not None or raw not in (0, 1):
            raise WriteRefusedError(f"{value:g} cannot be written to one bit of a register, or is not 0 or 1")
        return (int(raw),)
    try:
        data = struct.pack(">" + _FORMATS[point.type], raw if "float" in point.type else round(raw))
    except (struct.error, OverflowError) as error:
        raise WriteRefusedError(
            f"{value:g} {point.unit} does not fit {point.type} with scale {point.scale:g}"
        ) from error
    registers = [int.from_bytes(data[at : at + 2], point.byte_order) for at in range(0, len(data), 2)]
    return tuple(_word_order(point, registers))


def encode_integer(point: ProfilePoint, value: float) -> int:
    """Encode a canonical value as the SNMP INTEGER to set.

    Raises
    ------
    WriteRefusedError
        If 32 bits cannot hold it, it would read as "no value", or the point is a sum of several instances.
    """
    raw = round(_raw(point, value))
    if point.plus_oids or not _INT32[0] <= raw <= _INT32[1]:
        raise WriteRefusedError(f"{value:g} does not fit an INTEGER of 32 bits, or the point is a sum")
    return raw


def _raw(point: ProfilePoint, value: float) -> float:
    if not math.isfinite(value):
        raise WriteRefusedError(f"{value} is not a number that can be written")
    raw = (from_canonical(value, point.unit) - point.offset) / point.scale
    sent = raw if "float" in point.type else round(raw)
    if _is_sentinel(point, sent):
        raise WriteRefusedError(f"{value:g} would read as 'no value' on this device")
    return raw
