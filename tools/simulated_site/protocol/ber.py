"""The part of ASN.1 BER that SNMP needs, for agents: written out, no schema."""

from __future__ import annotations

from dataclasses import dataclass

INTEGER, OCTETS, NULL, OID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
COUNTER32 = 0x41
NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW = 0x80, 0x81, 0x82


class BerError(ValueError):
    """Bytes that are not what they should be."""


def tlv(tag: int, content: bytes) -> bytes:
    """Return tag, length and content."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def integer(value: int, tag: int = INTEGER) -> bytes:
    """Return an INTEGER in two's complement, as short as it goes."""
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(arcs: tuple[int, ...]) -> bytes:
    """Return an OBJECT IDENTIFIER."""
    content = bytearray((arcs[0] * 40 + arcs[1],))
    for arc in arcs[2:]:
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(0x80 | (arc & 0x7F))
        content.extend(reversed(septets))
    return tlv(OID, bytes(content))


@dataclass(slots=True)
class Reader:
    """Takes one element after another from bytes."""

    data: bytes
    at: int = 0
    end: int = -1

    def __post_init__(self) -> None:
        if self.end < 0:
            self.end = len(self.data)

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self.at >= self.end

    def element(self) -> tuple[int, int, int]:
        """Return the next element as (tag, start of content, end of content)."""
        if self.at + 2 > self.end:
            raise BerError("cut short")
        tag, size = self.data[self.at], self.data[self.at + 1]
        start = self.at + 2
        if size & 0x80:
            octets = size & 0x7F
            if octets == 0 or octets > 4 or start + octets > self.end:
                raise BerError("bad length")
            size = int.from_bytes(self.data[start : start + octets], "big")
            start += octets
        if start + size > self.end:
            raise BerError("longer than its frame")
        self.at = start + size
        return tag, start, start + size

    def expect(self, tag: int) -> bytes:
        """Return the content of the next element, which must have this tag."""
        found, start, end = self.element()
        if found != tag:
            raise BerError(f"tag {found:#x} where {tag:#x} belongs")
        return self.data[start:end]

    def inside(self, tag: int) -> Reader:
        """Return a reader of the next element's content."""
        found, start, end = self.element()
        if found != tag:
            raise BerError(f"tag {found:#x} where {tag:#x} belongs")
        return Reader(self.data, start, end)

    def integer(self) -> int:
        """Return the next INTEGER."""
        content = self.expect(INTEGER)
        if not content:
            raise BerError("empty integer")
        return int.from_bytes(content, "big", signed=True)

    def oid(self) -> tuple[int, ...]:
        """Return the next OBJECT IDENTIFIER."""
        content = self.expect(OID)
        if not content or content[-1] & 0x80:
            raise BerError("bad object identifier")
        arcs, value = [min(content[0] // 40, 2)], 0
        arcs.append(content[0] - 40 * arcs[0])
        for octet in content[1:]:
            value = (value << 7) | (octet & 0x7F)
            if not octet & 0x80:
                arcs.append(value)
                value = 0
        return tuple(arcs)
