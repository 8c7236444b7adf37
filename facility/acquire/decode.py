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
from facility.units import canonical, from_canonical

_FORMATS = {
    "int16": "h", "uint16": "H", "int32": "i", "uint32": "I", "int64": "q", "uint64": "Q", "float32": "f", "float64": "d",
}  # fmt: skip
_INT32 = (-(1 << 31), (1 << 31) - 1)  # an SNMP INTEGER


class Value(NamedTuple):
    """A canonical value and how far it may be trusted."""

    value: float
    quality: Quality


BAD = Value(math.nan, Quality.BAD)
_GOOD, _OUT_OF_RANGE = Quality.GOOD, Quality.OUT_OF_RANGE


class Decoder:
    """A point's way from raw to canonical, worked out once: polling decodes it every few seconds for years."""

    __slots__ = ("_bit", "_high", "_intercept", "_invalid", "_low", "_pack", "_reverse", "_slope", "_unpack", "_words")

    def __init__(self, point: ProfilePoint) -> None:
        _, factor, shift = canonical(point.unit)
        self._slope, self._intercept = point.scale * factor, point.offset * factor + shift
        low, high = point.range
        slack = 1e-9 * (high - low)  # 1100 x 0.1 % is not more than 1.1
        self._low, self._high = low - slack, high + slack
        self._invalid = _sentinels(point)
        self._words = words(point)
        self._bit = (point.bit or 0) if point.type == "bit" else None
        self._reverse = point.word_order == "little"
        self._pack = struct.Struct(f"{'<' if point.byte_order == 'little' else '>'}{self._words}H").pack
        self._unpack = struct.Struct(">" + _FORMATS.get(point.type, "H")).unpack

    def registers(self, registers: Sequence[int]) -> Value:
        """Decode the registers of a point (or the one bit, from a table of bits)."""
        if len(registers) != self._words:
            return BAD
        if self._bit is not None:
            return self._judge(registers[0] >> self._bit & 1)
        try:
            data = self._pack(*(reversed(registers) if self._reverse else registers))
        except struct.error:  # more than 16 bits
            return BAD
        return self._judge(self._unpack(data)[0])

    def varbinds(self, values: Sequence[int | bytes | None]) -> Value:
        """Decode the instances of a point, the first and those added to it.

        None is an instance that the agent has not: it makes a point BAD, while a further line that does not exist adds
        nothing.
        """
        present = [value for value in values[1:] if value is not None]
        numbers = [value for value in (values[0], *present) if isinstance(value, int)]
        if len(numbers) != 1 + len(present) or not self._invalid.isdisjoint(numbers):
            return BAD
        return self._judge(sum(numbers))

    def varbind(self, value: int | bytes | None) -> Value:
        """Decode a point that is one instance."""
        return self._judge(value) if isinstance(value, int) else BAD

    def _judge(self, raw: float) -> Value:
        if raw in self._invalid or not math.isfinite(raw):
            return BAD
        value = raw * self._slope + self._intercept
        return Value(value, _GOOD if self._low <= value <= self._high else _OUT_OF_RANGE)


def _sentinels(point: ProfilePoint) -> frozenset[float]:
    """Return the raw values that mean "no value", as the point's type holds them."""
    return frozenset(_float32(value) if point.type == "float32" else value for value in point.invalid)


def _float32(value: float) -> float:
    try:
        return float(struct.unpack(">f", struct.pack(">f", value))[0])
    except OverflowError:
        return math.inf


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
    registers = tuple(int.from_bytes(data[at : at + 2], point.byte_order) for at in range(0, len(data), 2))
    return registers if point.word_order == "big" else registers[::-1]


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
    if sent in _sentinels(point):
        raise WriteRefusedError(f"{value:g} would read as 'no value' on this device")
    return raw
