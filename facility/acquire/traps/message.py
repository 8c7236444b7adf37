"""Traps and informs taken apart (RFC 1157 4.1.6, RFC 3416 4.2.6): what happened, and its varbinds as text."""

from __future__ import annotations

import re
from typing import NamedTuple

from facility.acquire.snmp.ber import (
    IP_ADDRESS,
    OID,
    SEQUENCE,
    TIME_TICKS,
    WireError,
    expect,
    header,
    oid_arcs,
    read_integer,
    read_value,
)
from facility.acquire.snmp.pdu import RESPONSE

TRAP_V1, INFORM, TRAP_V2 = 0xA4, 0xA6, 0xA7
_UPTIME, _TRAP = "1.3.6.1.2.1.1.3.0", "1.3.6.1.6.3.1.1.4.1.0"
_GENERIC = "1.3.6.1.6.3.1.1.5"  # the six traps that every agent may send, RFC 3418
_ENTERPRISE_SPECIFIC = 6
_MOST_VARBINDS = 32  # of which text is made
_LONGEST_TEXT = 200
_SECONDS = re.compile(r"(\d+\.\d\d) s")
_DOTTED = re.compile(r"\d+(\.\d+)+")


class Notification(NamedTuple):
    """A trap, or an inform, which waits to be acknowledged."""

    trap: str  # dotted; that of a v1 trap as RFC 3584 translates it
    uptime_s: float | None
    varbinds: tuple[tuple[str, str], ...]
    inform: bool = False


def read_notification(data: bytes, at: int, end: int) -> Notification:
    """Read the trap or inform at `at`.

    Raises
    ------
    WireError
        If it is another PDU, or none.
    """
    tag, start, stop = header(data, at, end)
    if tag == TRAP_V1:
        return _v1(data, start, stop)
    if tag not in {INFORM, TRAP_V2}:
        raise WireError(f"PDU 0x{tag:02x} is neither a trap nor an inform")
    _, at = read_integer(data, start, stop)
    status, at = read_integer(data, at, stop)
    index, at = read_integer(data, at, stop)
    if status or index:  # an acknowledgement repeats it as it is
        raise WireError("a notification that reports an error")
    varbinds = _varbinds(data, at, stop)
    named = dict(varbinds)
    if not _DOTTED.fullmatch(named.get(_TRAP, "")):
        raise WireError("it does not say which trap it is")
    rest = tuple((name, text) for name, text in varbinds if name not in {_UPTIME, _TRAP})
    return Notification(named[_TRAP], _seconds(named.get(_UPTIME, "")), rest, tag == INFORM)


def _v1(data: bytes, at: int, stop: int) -> Notification:
    start, at = expect(data, at, stop, OID)
    enterprise = _dotted(data[start:at])
    _, at = _text(data, at, stop)  # the agent's address, as it believes
    generic, at = read_integer(data, at, stop)
    specific, at = read_integer(data, at, stop)
    uptime, at = _text(data, at, stop)
    known = 0 <= generic < _ENTERPRISE_SPECIFIC
    trap = f"{_GENERIC}.{generic + 1}" if known else f"{enterprise}.0.{specific}"
    return Notification(trap, _seconds(uptime), _varbinds(data, at, stop))


def _seconds(text: str) -> float | None:
    found = _SECONDS.fullmatch(text)
    return float(found[1]) if found else None


def acknowledgement(data: bytes, at: int) -> bytes:
    """Return the bytes with the inform at `at` turned into its response: the same under another tag."""
    return data[:at] + bytes((RESPONSE,)) + data[at + 1 :]


def _varbinds(data: bytes, at: int, end: int) -> tuple[tuple[str, str], ...]:
    at, end = expect(data, at, end, SEQUENCE)
    varbinds: list[tuple[str, str]] = []
    while at < end and len(varbinds) < _MOST_VARBINDS:
        start, at = expect(data, at, end, SEQUENCE)
        name_start, name_stop = expect(data, start, at, OID)
        varbinds.append((_dotted(data[name_start:name_stop]), _text(data, name_stop, at)[0]))
    return tuple(varbinds)


def _text(data: bytes, at: int, end: int) -> tuple[str, int]:
    tag, start, stop = header(data, at, end)
    value, _ = read_value(data, at, end)
    if tag == TIME_TICKS:
        return f"{int.from_bytes(data[start:stop], 'big') / 100:.2f} s", stop
    if tag == OID:
        return _dotted(data[start:stop]), stop
    if tag == IP_ADDRESS:
        return ".".join(str(byte) for byte in data[start:stop][:4]), stop
    return (_readable(value) if isinstance(value, bytes) else str(value)), stop


def _readable(octets: bytes) -> str:
    """Return octets as the text that they are, or in hexadecimal digits; never a control character."""
    cut = octets[:_LONGEST_TEXT]
    try:
        text = cut.decode().rstrip("\0")
    except UnicodeDecodeError:
        return cut.hex(" ")
    return text if text.isprintable() else cut.hex(" ")


def _dotted(content: bytes) -> str:
    return ".".join(map(str, oid_arcs(content)))
