"""Frames of Modbus TCP: a header with transaction id, length and unit before each PDU. Pure.

Source: MODBUS Messaging on TCP/IP Implementation Guide V1.0b, section 3.1.3 (modbus.org).
"""

from __future__ import annotations

import struct

_HEADER = struct.Struct(">HHHB")  # transaction, protocol (0), length of what follows, unit
_LONGEST = 254  # unit and PDU

Frame = tuple[int, int, bytes]  # transaction, unit, PDU


class NotModbusError(Exception):
    """Bytes that no Modbus TCP frame begins with."""


def encode_frame(transaction: int, unit: int, pdu: bytes) -> bytes:
    """Return a PDU with its header."""
    return _HEADER.pack(transaction, 0, len(pdu) + 1, unit) + pdu


def cut_frames(received: bytes) -> tuple[list[Frame], bytes]:
    """Return the whole frames at the beginning of a stream, and the bytes of the one that is not whole yet (at most 259).

    Raises
    ------
    NotModbusError
        If the bytes are something else: where the next frame begins can no longer be known.
    """
    frames: list[Frame] = []
    at, size = 0, len(received)
    while size - at >= _HEADER.size:
        transaction, protocol, length, unit = _HEADER.unpack_from(received, at)
        if protocol != 0 or not 2 <= length <= _LONGEST:
            raise NotModbusError
        end = at + _HEADER.size - 1 + length
        if end > size:
            break
        frames.append((transaction, unit, received[at + _HEADER.size : end]))
        at = end
    return frames, received[at:]
