"""The PDU's side of SNMP v2c for the polling benchmark: answers encoded when a request is first seen, then only given its id.

Its own codec, not the product's: an error shared by both ends would not show.
"""

from __future__ import annotations

from bisect import bisect_right

from tools.bench.poll_fleet import SNMP_POINTS, WOBBLES, least_raw, outlet_oid

Oid = tuple[int, ...]
_GET, _GET_NEXT, _GET_BULK = 0xA0, 0xA1, 0xA5
_NO_SUCH_OBJECT, _END_OF_MIB_VIEW = b"\x80\x00", b"\x82\x00"
_LARGEST_ANSWER = 1400  # bytes of varbinds: one frame
_POINT_OF = {outlet_oid(point): point for point in range(SNMP_POINTS)}
_IN_ORDER = sorted(_POINT_OF)


class SnmpResponder:
    """One PDU."""

    def __init__(self, device: int) -> None:
        self._device = device
        self._known: dict[tuple[int, bytes], tuple[list[bytes], int]] = {}

    def answer(self, request: bytes, wobble: int) -> tuple[bytes, int]:
        """Return the answer to a datagram and how many values are in it."""
        at = _content(request, 0)[0]
        pdu_at = _content(request, _content(request, at)[1])[1]  # after version and community
        id_at = _content(request, pdu_at)[0]
        id_stop = _content(request, id_at)[1]
        shape = (request[pdu_at], request[id_stop:])
        if shape not in self._known:
            self._known[shape] = self._encoded(*shape)
        rest, values = self._known[shape]
        pdu = _tlv(0xA2, request[id_at:id_stop] + rest[wobble])
        return _tlv(0x30, request[at:pdu_at] + pdu), values

    def _encoded(self, tag: int, rest: bytes) -> tuple[list[bytes], int]:
        """Return what follows the id in the answer, one for each wobble, and how many values are in it."""
        first_at, first_stop = _content(rest, 0)
        second_at, second_stop = _content(rest, first_stop)
        asked = _names(rest[second_stop:])
        if tag == _GET_BULK:
            found = _bulk(asked, int.from_bytes(rest[first_at:first_stop]), int.from_bytes(rest[second_at:second_stop]))
        else:
            found = [_next(oid) for oid in asked] if tag == _GET_NEXT else [(oid, oid in _POINT_OF) for oid in asked]
        absent = _NO_SUCH_OBJECT if tag == _GET else _END_OF_MIB_VIEW
        answers = [self._varbinds(found, absent, wobble) for wobble in range(WOBBLES)]
        return [b"\x02\x01\x00\x02\x01\x00" + _tlv(0x30, each) for each in answers], sum(there for _, there in found)

    def _varbinds(self, found: list[tuple[Oid, bool]], absent: bytes, wobble: int) -> bytes:
        encoded = b""
        for oid, there in found:
            value = _integer(least_raw(self._device, _POINT_OF[oid]) + wobble) if there else absent
            encoded += _tlv(0x30, _tlv(0x06, _arcs(oid)) + value)
        return encoded


def _bulk(asked: list[Oid], non_repeaters: int, repetitions: int) -> list[tuple[Oid, bool]]:
    found = [_next(oid) for oid in asked[:non_repeaters]]
    row = asked[non_repeaters:]
    size = 0
    for _ in range(repetitions):
        following = [_next(oid) for oid in row]
        size += sum(len(oid) + 8 for oid, _ in following)  # three headers, two bytes of value, and 318 takes two
        if size > _LARGEST_ANSWER or not any(there for _, there in following):
            break
        found += following
        row = [oid for oid, _ in following]
    return found


def _next(oid: Oid) -> tuple[Oid, bool]:
    at = bisect_right(_IN_ORDER, oid)
    return (_IN_ORDER[at], True) if at < len(_IN_ORDER) else (oid, False)


def _names(varbinds: bytes) -> list[Oid]:
    at, end = _content(varbinds, 0)
    names = []
    while at < end:
        inner, at = _content(varbinds, at)
        names.append(_oid(varbinds[slice(*_content(varbinds, inner))]))
    return names


def _content(data: bytes, at: int) -> tuple[int, int]:
    """Return where the content of the element at `at` begins and ends."""
    length = data[at + 1]
    if length < 0x80:
        return at + 2, at + 2 + length
    start = at + 2 + (length & 0x7F)
    return start, start + int.from_bytes(data[at + 2 : start])


def _tlv(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    return bytes((tag, 0x82)) + length.to_bytes(2) + content


def _integer(value: int) -> bytes:
    return _tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1))


def _arcs(oid: Oid) -> bytes:
    encoded = bytearray([oid[0] * 40 + oid[1]])
    for arc in oid[2:]:
        groups = [arc >> shift & 0x7F for shift in range(28, -1, -7)]
        while len(groups) > 1 and not groups[0]:
            del groups[0]
        encoded += bytes([group | 0x80 for group in groups[:-1]] + groups[-1:])
    return bytes(encoded)


def _oid(content: bytes) -> Oid:
    arcs, arc = [content[0] // 40, content[0] % 40], 0
    for byte in content[1:]:
        arc = arc << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(arc)
            arc = 0
    return tuple(arcs)
