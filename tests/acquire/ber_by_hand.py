"""The tests' own BER, written apart from the product's: walks a request, assembles an answer."""

from __future__ import annotations

from collections.abc import Mapping


def element(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    if len(content) < 128:
        return bytes([tag, len(content)]) + content
    return bytes([tag, 0x82]) + len(content).to_bytes(2, "big") + content


def children(content: bytes) -> list[tuple[int, bytes]]:
    found = []
    while content:
        tag, size, skip = content[0], content[1], 2
        if size & 0x80:
            skip = 2 + (size & 0x7F)
            size = int.from_bytes(content[2:skip], "big")
        found.append((tag, content[skip : skip + size]))
        content = content[skip + size :]
    return found


def arcs(name: bytes) -> list[int]:
    """Return the arcs of an encoded name, its first two as one."""
    found, arc = [], 0
    for byte in name:
        arc = arc << 7 | byte & 0x7F
        if not byte & 0x80:
            found.append(arc)
            arc = 0
    return found


class Question:
    """A v2c request taken apart."""

    def __init__(self, datagram: bytes) -> None:
        _, self.community, pdu = (content for _, content in children(children(datagram)[0][1]))
        self.tag = children(children(datagram)[0][1])[2][0]
        (_, self.request_id), _, (_, repetitions), (_, varbinds) = children(pdu)
        self.repetitions = int.from_bytes(repetitions, "big")  # of a GETBULK
        pairs = [children(varbind) for _, varbind in children(varbinds)]
        self.names = [name for (_, name), _ in pairs]
        self.values = [value for _, (_, value) in pairs]

    def answer(
        self,
        values: Mapping[bytes, bytes],
        *,
        status: int = 0,
        index: int = 0,
        community: bytes | None = None,
        request_id: bytes | None = None,
        tag: int = 0xA2,
    ) -> bytes:
        """Answer with the value element of each name; 0x81 (noSuchInstance) where there is none."""
        names = self.names if self.tag != 0xA5 else self._following(sorted(values, key=arcs))
        varbinds = [element(0x30, element(6, name), values.get(name, b"\x81\x00")) for name in names]
        pdu = element(
            tag,
            element(2, self.request_id if request_id is None else request_id),
            element(2, bytes([status])),
            element(2, bytes([index])),
            element(0x30, *varbinds),
        )
        return element(0x30, b"\x02\x01\x01", element(4, self.community if community is None else community), pdu)

    def _following(self, known: list[bytes]) -> list[bytes]:
        """Return the names that a GETBULK gets: of each column the next ones, row by row."""
        columns = [[name for name in known if arcs(name) > arcs(start)] for start in self.names]
        rows = [[column[row] for column in columns if row < len(column)] for row in range(self.repetitions)]
        return [name for row in rows for name in row]
