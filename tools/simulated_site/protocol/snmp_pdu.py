"""What an agent answers to a PDU: GET, GETNEXT and GETBULK over a sorted table, nothing to set."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tools.simulated_site.devices.varbinds import Oid
from tools.simulated_site.protocol import ber

GET, GET_NEXT, RESPONSE, SET, GET_BULK, REPORT = 0xA0, 0xA1, 0xA2, 0xA3, 0xA5, 0xA8
TOO_BIG, GENERAL_ERROR, NOT_WRITABLE = 1, 5, 17
MOST_BYTES = 1350  # of varbinds: a datagram then fits an Ethernet frame with room for v3 headers

Value = int | str


@dataclass(frozen=True, slots=True)
class Request:
    """A PDU as it came; for GETBULK `first` and `second` are non-repeaters and repetitions."""

    kind: int
    request_id: int
    first: int
    second: int
    names: tuple[Oid, ...]
    raw_varbinds: bytes


def parse_request(reader: ber.Reader) -> Request:
    """Read a PDU.

    Raises
    ------
    tools.simulated_site.protocol.ber.BerError
        If it is not one.
    """
    kind, start, end = reader.element()
    if kind not in (GET, GET_NEXT, SET, GET_BULK):
        raise ber.BerError(f"PDU {kind:#x} is not a request")
    pdu = ber.Reader(reader.data, start, end)
    request_id, first, second = pdu.integer(), pdu.integer(), pdu.integer()
    raw = reader.data[pdu.at : end]
    varbinds, names = pdu.inside(ber.SEQUENCE), []
    while not varbinds.done:
        names.append(varbinds.inside(ber.SEQUENCE).oid())
    return Request(kind, request_id, first, second, tuple(names), raw)


def pdu(kind: int, request_id: int, status: int, index: int, varbinds: bytes) -> bytes:
    """Return a PDU around encoded varbinds (already a SEQUENCE)."""
    return ber.tlv(kind, ber.integer(request_id) + ber.integer(status) + ber.integer(index) + varbinds)


class Responder:
    """Answers PDUs from a table of OIDs and a function that gives their values now."""

    def __init__(self, oids: tuple[Oid, ...], value: Callable[[Oid], Value]) -> None:
        self._sorted = tuple(sorted(oids))
        self._known = frozenset(oids)
        self._columns = frozenset(one[:-1] for one in oids)
        self._value = value

    def respond(self, request: Request, *, failing: bool = False) -> bytes:
        """Return the response PDU."""
        if failing:
            return pdu(RESPONSE, request.request_id, GENERAL_ERROR, 1, request.raw_varbinds)
        if request.kind == SET:
            return pdu(RESPONSE, request.request_id, NOT_WRITABLE, 1, request.raw_varbinds)
        if request.kind == GET_BULK:
            content = b"".join(self._fitting(self._bulk(request)))
        else:
            one = self._get if request.kind == GET else self._next
            content = b"".join(encoded for _, encoded in map(one, request.names))
            if len(content) > MOST_BYTES:
                return pdu(RESPONSE, request.request_id, TOO_BIG, 0, ber.tlv(ber.SEQUENCE, b""))
        return pdu(RESPONSE, request.request_id, 0, 0, ber.tlv(ber.SEQUENCE, content))

    def _get(self, name: Oid) -> tuple[Oid, bytes]:
        if name in self._known:
            return name, self._bound(name)
        missing = ber.NO_SUCH_INSTANCE if name[:-1] in self._columns else ber.NO_SUCH_OBJECT
        return name, ber.tlv(ber.SEQUENCE, ber.oid(name) + ber.tlv(missing, b""))

    def _next(self, name: Oid) -> tuple[Oid, bytes]:
        position = bisect_right(self._sorted, name)
        if position == len(self._sorted):
            return name, ber.tlv(ber.SEQUENCE, ber.oid(name) + ber.tlv(ber.END_OF_MIB_VIEW, b""))
        found = self._sorted[position]
        return found, self._bound(found)

    def _bulk(self, request: Request) -> Iterator[bytes]:
        once = max(request.first, 0)
        for name in request.names[:once]:
            yield self._next(name)[1]
        current = list(request.names[once:])
        for _ in range(max(request.second, 0) if current else 0):
            before = list(current)
            for index, name in enumerate(before):
                current[index], encoded = self._next(name)
                yield encoded
            if current == before:
                return  # every column is past its end

    @staticmethod
    def _fitting(parts: Iterator[bytes]) -> Iterator[bytes]:
        size = 0
        for part in parts:
            size += len(part)
            if size > MOST_BYTES:
                return
            yield part

    def _bound(self, name: Oid) -> bytes:
        value = self._value(name)
        encoded = ber.integer(value) if isinstance(value, int) else ber.tlv(ber.OCTETS, value.encode())
        return ber.tlv(ber.SEQUENCE, ber.oid(name) + encoded)
