"""What a unit says of itself: vendor, product, revision (function 43, MEI type 14).

Source: MODBUS Application Protocol Specification V1.1b3, section 6.21 (modbus.org).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final, NamedTuple

from facility.acquire.modbus.exceptions import exception_code, explain, verdict
from facility.acquire.modbus.line import ModbusLine
from facility.acquire.modbus.patience import ask
from facility.errors import DeviceError

VENDOR, PRODUCT_CODE, REVISION, VENDOR_URL, PRODUCT, MODEL, APPLICATION = range(7)

_FUNCTION: Final = 0x2B
_MEI: Final = 0x0E
_BASIC, _REGULAR = 1, 2
_HEADER = struct.Struct("BBBBBBB")  # function, MEI, code, conformity, more follows, next object, number of objects
_MORE: Final = 0xFF
_MOST_ANSWERS: Final = 16


class MalformedIdentityError(Exception):
    """An answer that is no device identification."""


class Identity(NamedTuple):
    """One answer: objects by id, and the id to go on with, if more follow."""

    objects: Mapping[int, str]
    conformity: int
    following: int | None


async def read_device_identification(line: ModbusLine, unit: int, timeout_s: float) -> Mapping[int, str]:
    """Return a unit's basic and regular identification objects; empty if it is well but has none.

    Texts come from the network: what is not printable ASCII is shown as "?".

    Raises
    ------
    DeviceError
        If the unit does not answer, answers nonsense, or its gateway does not reach it.
    """
    objects, conformity = await _stream(line, unit, _BASIC, timeout_s)
    if conformity & 0x7F >= _REGULAR:
        objects |= (await _stream(line, unit, _REGULAR, timeout_s))[0]
    return objects


async def _stream(line: ModbusLine, unit: int, code: int, timeout_s: float) -> tuple[dict[int, str], int]:
    """Read all objects of a kind, over as many answers as they take."""
    found: dict[int, str] = {}
    conformity, following = 0, 0
    for _ in range(_MOST_ANSWERS):
        answer = await ask(line, unit, bytes([_FUNCTION, _MEI, code, following]), timeout_s)
        refusal = exception_code(answer)
        if refusal is not None:
            if verdict(refusal) == "address":
                break  # it does not know this function, or this kind of object
            raise DeviceError(explain(refusal, unit, line.address))
        try:
            identity = decode_identity(answer)
        except MalformedIdentityError as error:
            raise DeviceError(f"unit {unit} at {line.address} answers nonsense: {error}") from error
        found |= identity.objects
        conformity = identity.conformity
        if identity.following is None or identity.following <= following:
            break  # the end, or going round in a circle
        following = identity.following
    return found, conformity


def decode_identity(pdu: bytes) -> Identity:
    """Return what one answer says.

    Raises
    ------
    MalformedIdentityError
        If it is something else, or shorter or longer than it says.
    """
    if len(pdu) < _HEADER.size or pdu[0] != _FUNCTION or pdu[1] != _MEI:
        raise MalformedIdentityError("the answer to another function")
    _, _, _, conformity, more, following, count = _HEADER.unpack_from(pdu)
    objects: dict[int, str] = {}
    at = _HEADER.size
    for _ in range(count):
        if len(pdu) < at + 2 or len(pdu) < at + 2 + pdu[at + 1]:
            raise MalformedIdentityError(f"{len(pdu)} bytes, where {count} objects need more")
        end = at + 2 + pdu[at + 1]
        objects[pdu[at]] = _text(pdu[at + 2 : end])
        at = end
    if at != len(pdu):
        raise MalformedIdentityError(f"{len(pdu) - at} bytes more than its {count} objects")
    return Identity(objects, conformity, following if more == _MORE else None)


def _text(data: bytes) -> str:
    characters = data.rstrip(b"\0 ").decode("ascii", errors="replace")
    return "".join(each if each.isascii() and each.isprintable() else "?" for each in characters)
