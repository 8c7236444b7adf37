"""Canonical values to the registers or the SNMP value that a write sends. Pure."""

from __future__ import annotations

import math
import struct

from facility.acquire.decode import sentinels
from facility.errors import WriteRefusedError
from facility.profile import Place, ProfilePoint
from facility.units import from_canonical

FORMATS = {
    "int16": "h", "uint16": "H", "int32": "i", "uint32": "I", "int64": "q", "uint64": "Q", "float32": "f", "float64": "d",
}  # fmt: skip
_BOUNDS = {"integer": (-(1 << 31), (1 << 31) - 1), "unsigned": (0, (1 << 32) - 1)}


def order(place: Place) -> tuple[int, ...]:
    """Return which of a place's registers is the most significant, the next, and so on."""
    if isinstance(place.word_order, tuple):
        return place.word_order
    return tuple(range(place.width)) if place.word_order == "big" else tuple(reversed(range(place.width)))


def encode_registers(point: ProfilePoint, value: float) -> tuple[int, ...]:
    """Encode a canonical value as the registers (or the one bit) to write.

    Raises
    ------
    WriteRefusedError
        If the type cannot hold it, it would read as "no value", or it is a part of a register: setting it would overwrite
        its neighbours.
    """
    raw = _raw(point, value)
    if point.type == "bit" and point.bit is None and raw in (0, 1):
        return (int(raw),)
    if point.type not in FORMATS:
        raise WriteRefusedError(f"{value:g} cannot be written to a {point.type} of a register, or is not 0 or 1")
    try:
        data = struct.pack(">" + FORMATS[point.type], raw if "float" in point.type else round(raw))
    except (struct.error, OverflowError) as error:
        raise WriteRefusedError(
            f"{value:g} {point.unit} does not fit {point.type} with scale {point.scale:g}"
        ) from error
    words = [int.from_bytes(data[at : at + 2], point.byte_order) for at in range(0, len(data), 2)]
    placed = dict(zip(order(point), words, strict=True))
    return tuple(placed[register] for register in range(len(words)))


def encode_number(point: ProfilePoint, value: float) -> int | bytes:
    """Encode a canonical value as what an SNMP SET sends: an INTEGER, an Unsigned32, or a text.

    Raises
    ------
    WriteRefusedError
        If the type cannot hold it, it would read as "no value", the point is a sum of several instances, or the device
        itself tells the scale.
    """
    if point.plus_oids:
        raise WriteRefusedError("a sum of several instances cannot be written")
    raw = _raw(point, value)
    if point.write_as == "string":
        return f"{raw:.10g}".encode()
    low, high = _BOUNDS[point.write_as]
    if not low <= round(raw) <= high:
        raise WriteRefusedError(f"{value:g} {point.unit} does not fit an {point.write_as} of 32 bits")
    return round(raw)


def resolution(point: ProfilePoint) -> float:
    """Return the canonical step between two values that the device can tell apart; 0 for floating-point types."""
    if "float" in point.type or point.write_as == "string":
        return 0.0
    return abs(point.scale * (from_canonical(1.0, point.unit) - from_canonical(0.0, point.unit)) ** -1)


def _raw(point: ProfilePoint, value: float) -> float:
    if not math.isfinite(value):
        raise WriteRefusedError(f"{value} is not a number that can be written")
    if point.scale_from is not None or point.unit_from is not None:
        raise WriteRefusedError("a point whose scale or unit the device tells cannot be written")
    raw = (from_canonical(value, point.unit) - point.offset) / point.scale
    sent = raw if "float" in point.type else round(raw)
    if sent in sentinels(point):
        raise WriteRefusedError(f"{value:g} would read as 'no value' on this device")
    return raw
