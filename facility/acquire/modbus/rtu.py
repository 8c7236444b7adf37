"""Frames of Modbus RTU: unit, PDU and a CRC. Pure.

A frame says neither where it begins nor how long it is. On the wire a silence parts frames, but a gateway, a USB adapter or the
operating system may swallow it or put one in the middle. So an answer is found by what it must be: this unit, this function, as
long as the question asks for, and a right CRC; whatever lies before it is noise, or meant for someone else.
Source: MODBUS over Serial Line Specification and Implementation Guide V1.02, sections 2.5 and 6.2.2 (modbus.org).
"""

from __future__ import annotations

from typing import Final

_CRC_BYTES = 2
_READ_BITS: Final = frozenset({1, 2})
_READ_REGISTERS: Final = frozenset({3, 4})
_WRITES: Final = frozenset({5, 6, 15, 16})
_IDENTIFY: Final = 0x2B
_KNOWN: Final = _READ_BITS | _READ_REGISTERS | _WRITES | {_IDENTIFY}
_POLYNOMIAL = 0xA001  # x^16 + x^15 + x^2 + 1, bits reversed


def _crc_of_byte(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


_TABLE: Final = tuple(map(_crc_of_byte, range(256)))


def crc16(data: bytes) -> bytes:
    """Return the CRC of a frame's unit and PDU, as it is sent: low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc.to_bytes(2, "little")


def encode_frame(unit: int, pdu: bytes) -> bytes:
    """Return a PDU with its unit and CRC.

    Raises
    ------
    ValueError
        If the function is one whose answers have no known length.
    """
    if pdu[0] not in _KNOWN:
        raise ValueError(f"function {pdu[0]} is not supported over RTU")
    body = bytes([unit]) + pdu
    return body + crc16(body)


def find_answer(received: bytes, unit: int, request: bytes) -> bytes | None:
    """Return the PDU that answers a request to a unit, or None if it is not there yet.

    It may lie behind and before other bytes. Reads must bring as many bytes as were asked for: no other answer is taken.
    """
    for function in (request[0], request[0] | 0x80):
        start = bytes([unit, function])
        at = received.find(start)
        while at >= 0:
            end = at + _length(received, at, request)
            if end <= len(received) and crc16(received[at : end - _CRC_BYTES]) == received[end - _CRC_BYTES : end]:
                return received[at + 1 : end - _CRC_BYTES]
            at = received.find(start, at + 1)
    return None


def _length(received: bytes, at: int, request: bytes) -> int:
    """Return how long a frame must be that begins at `at` and answers a request."""
    function = received[at + 1]
    if function & 0x80:
        return 5
    if function in _WRITES:
        return 8
    if function == _IDENTIFY:
        return _identification_length(received, at)
    count = int.from_bytes(request[3:5], "big")
    return 5 + ((count + 7) // 8 if function in _READ_BITS else 2 * count)


def _identification_length(received: bytes, at: int) -> int:
    """Walk the objects of a device identification, each with its own length; too long if they are not all there yet."""
    end = at + 8  # unit, function, MEI type, code, conformity, more follows, next object, number of objects
    objects = received[end - 1] if len(received) >= end else 0
    for _ in range(objects):
        if len(received) < end + 2:
            break
        end += 2 + received[end + 1]
    return end + _CRC_BYTES - at
