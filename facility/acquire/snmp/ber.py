"""The part of ASN.1 BER that SNMP needs, by hand: no copy of a message is made to read it, and no length is believed.

Why by hand: building pyasn1 objects costs 60 to 340 ms of CPU per 1,000 varbinds, this about two (tools/bench/poll.py).
"""

from __future__ import annotations

from collections.abc import Sequence

INTEGER, OCTETS, NULL, OID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
IP_ADDRESS, COUNTER32, GAUGE32, TIME_TICKS, OPAQUE, COUNTER64 = 0x40, 0x41, 0x42, 0x43, 0x44, 0x46
NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW = 0x80, 0x81, 0x82

_UNSIGNED = frozenset({COUNTER32, GAUGE32, TIME_TICKS, COUNTER64})
_ABSENT = frozenset({NULL, NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW})
_BYTES = frozenset({OCTETS, OID, IP_ADDRESS, OPAQUE})

_LAST_ARC = (1 << 32) - 1
_MOST_ARCS = 128

Raw = int | bytes | None


class WireError(ValueError):
    """Bytes that are not what they should be; the message says where they stop making sense."""


def tlv(tag: int, content: bytes) -> bytes:
    """Return content under a tag with its length."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def integer(value: int, tag: int = INTEGER) -> bytes:
    """Encode an integer in as few bytes as two's complement allows."""
    size = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return tlv(tag, value.to_bytes(size, "big", signed=True))


def oid(dotted: str) -> bytes:
    """Encode an object identifier."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return tlv(OID, b"".join(_arc(arc) for arc in (first * 40 + second, *rest)))


def _arc(arc: int) -> bytes:
    groups = [arc & 0x7F]
    while arc := arc >> 7:
        groups.append(0x80 | arc & 0x7F)
    return bytes(reversed(groups))


def oid_arcs(content: bytes) -> tuple[int, ...]:
    """Decode the content of an object identifier.

    Raises
    ------
    WireError
        If it is cut off, has more than 128 arcs, or one of more than 32 bits.
    """
    arcs: list[int] = []
    arc = 0
    for byte in content:
        arc = arc << 7 | byte & 0x7F
        largest = _LAST_ARC if arcs else _LAST_ARC + 80  # the first holds two: 40 a + b
        if arc > largest or len(arcs) == _MOST_ARCS - 1:
            break
        if not byte & 0x80:
            arcs.append(arc)
            arc = 0
    else:
        if arcs and not arc and not content[-1] & 0x80:
            first = min(arcs[0] // 40, 2)
            return (first, arcs[0] - 40 * first, *arcs[1:])
    raise WireError("an impossible object identifier")


def header(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Return (tag, start, stop) of the element at `at`; it has to lie within `end`."""
    if at + 2 > end:
        raise WireError(f"truncated at byte {at}")
    length = data[at + 1]
    start = at + 2
    if length >= 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4 or start + size > end:
            raise WireError(f"impossible length at byte {at + 1}")
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    if start + length > end:
        raise WireError(f"element at byte {at} is longer than the message")
    return data[at], start, start + length


def expect(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Return (start, stop) of the element at `at`, which has to have this tag."""
    if at + 2 <= end and data[at] == tag and (length := data[at + 1]) < 0x80 and at + 2 + length <= end:
        return at + 2, at + 2 + length  # nearly always
    found, start, stop = header(data, at, end)
    if found != tag:
        raise WireError(f"tag 0x{found:02x} at byte {at} where 0x{tag:02x} belongs")
    return start, stop


def read_integer(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Return (value, stop) of the INTEGER at `at`."""
    start, stop = expect(data, at, end, INTEGER)
    if not 1 <= stop - start <= 8:
        raise WireError(f"integer of {stop - start} bytes at byte {at}")
    return int.from_bytes(data[start:stop], "big", signed=True), stop


def read_octets(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    """Return (content, stop) of the OCTET STRING at `at`."""
    start, stop = expect(data, at, end, OCTETS)
    return data[start:stop], stop


def read_value(data: bytes, at: int, end: int) -> tuple[Raw, int]:
    """Return (value, stop) of a varbind's value at `at`: an integer, bytes, or None where the agent has none."""
    tag, start, stop = header(data, at, end)
    if tag == INTEGER or tag in _UNSIGNED:
        if not 1 <= stop - start <= 9:
            raise WireError(f"number of {stop - start} bytes at byte {at}")
        return int.from_bytes(data[start:stop], "big", signed=tag == INTEGER), stop
    if tag in _ABSENT:
        return None, stop
    if tag in _BYTES:
        return data[start:stop], stop
    raise WireError(f"unknown type 0x{tag:02x} at byte {at}")


def read_expected(data: bytes, at: int, end: int, names: Sequence[bytes]) -> tuple[list[Raw], int]:
    """Return the values of the varbinds at `at` as long as they have these names, and where that ends.

    This is where polling spends its time: a quarter of a microsecond a varbind, against two thirds for reading any names.
    """
    values: list[Raw] = []
    for name in names:
        if end - at < 4 or data[at] != SEQUENCE:
            break
        length = data[at + 1]
        start, stop = (at + 2, at + 2 + length) if length < 0x80 else header(data, at, end)[1:]
        value_at = start + len(name)
        if stop > end or value_at + 2 > stop or not data.startswith(name, start):
            break
        tag, size = data[value_at], data[value_at + 1]
        if size <= 9 and size and value_at + 2 + size == stop and (tag == INTEGER or tag in _UNSIGNED):
            value: Raw = int.from_bytes(data[value_at + 2 : stop], "big", signed=tag == INTEGER)
        else:
            value, value_stop = read_value(data, value_at, stop)
            if value_stop != stop:
                raise WireError(f"bytes left over at byte {value_stop}")
        values.append(value)
        at = stop
    return values, at
