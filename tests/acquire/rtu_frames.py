"""RTU frames for the tests, with a CRC of their own: pymodbus's."""

from __future__ import annotations

from pymodbus.framer.rtu import FramerRTU


def framed(unit: int, pdu: bytes) -> bytes:
    """Return a PDU as an RTU frame."""
    body = bytes([unit]) + pdu
    return body + FramerRTU.compute_CRC(body).to_bytes(2, "big")


def asked_for(request: bytes) -> tuple[int, int, int]:
    """Return unit, first address and count of a read."""
    return request[0], int.from_bytes(request[2:4], "big"), int.from_bytes(request[4:6], "big")


def block(request: bytes, offset: int = 0) -> bytes:
    """Return the PDU of the registers that a read asks for: each holds its address and `offset`."""
    _, first, count = asked_for(request)
    numbers = range(first + offset, first + offset + count)
    return bytes([request[1], 2 * count]) + b"".join(number.to_bytes(2, "big") for number in numbers)


def answer(request: bytes, offset: int = 0) -> bytes:
    """Return the frame that answers a read."""
    return framed(request[0], block(request, offset))
