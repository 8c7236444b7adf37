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


class Question:
    """A v2c request taken apart."""

    def __init__(self, datagram: bytes) -> None:
        _, self.community, pdu = (content for _, content in children(children(datagram)[0][1]))
        self.tag = children(children(datagram)[0][1])[2][0]
        (_, self.request_id), _, _, (_, varbinds) = children(pdu)
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
        varbinds = [element(0x30, element(6, name), values.get(name, b"\x81\x00")) for name in self.names]
        pdu = element(
            tag,
            element(2, self.request_id if request_id is None else request_id),
            element(2, bytes([status])),
            element(2, bytes([index])),
            element(0x30, *varbinds),
        )
        return element(0x30, b"\x02\x01\x01", element(4, self.community if community is None else community), pdu)
