"""SNMP protocol data units: requests kept encoded, with only the request id written anew, and answers decoded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from facility.acquire.snmp.ber import (
    GAUGE32,
    INTEGER,
    NULL,
    OCTETS,
    SEQUENCE,
    Raw,
    WireError,
    expect,
    header,
    integer,
    oid,
    read_expected,
    read_integer,
    read_value,
    tlv,
)

GET, GET_NEXT, RESPONSE, SET, GET_BULK, REPORT = 0xA0, 0xA1, 0xA2, 0xA3, 0xA5, 0xA8
TOO_BIG, NO_SUCH_NAME, UNDO_FAILED = 1, 2, 15
# Each id takes exactly four bytes as a minimal INTEGER, so that it can be written into an encoded request.
FIRST_ID, LAST_ID = 0x01000000, 0x7FFFFFFF
_MAX_VARBINDS = 512
_ERROR_STATUS = (
    "noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess", "wrongType", "wrongLength",
    "wrongEncoding", "wrongValue", "noCreation", "inconsistentValue", "resourceUnavailable", "commitFailed",
    "undoFailed", "authorizationError", "notWritable", "inconsistentName",
)  # fmt: skip


class Pdu(NamedTuple):
    """A decoded answer; names are encoded object identifiers, header included."""

    tag: int
    request_id: int
    error_status: int
    error_index: int
    names: tuple[bytes, ...]
    values: list[Raw]


class Request:
    """An encoded request without its id."""

    __slots__ = ("_head", "_tail", "names", "whole")

    def __init__(
        self, tag: int, names: Sequence[bytes], values: Sequence[bytes], *, fields: tuple[int, int] = (0, 0)
    ) -> None:
        varbinds = b"".join(tlv(SEQUENCE, name + value) for name, value in zip(names, values, strict=True))
        body = integer(FIRST_ID) + integer(fields[0]) + integer(fields[1]) + tlv(SEQUENCE, varbinds)
        encoded = tlv(tag, body)
        self._head = encoded[: len(encoded) - len(body) + 2]
        self._tail = body[6:]
        self.names = tuple(names)  # that its answer gives
        self.whole = True  # whether the answer has to give all of them

    def encode(self, request_id: int) -> bytes:
        """Return the request with this id."""
        return self._head + request_id.to_bytes(4, "big") + self._tail


def get(oids: Sequence[str]) -> Request:
    """Return the request that reads instances."""
    return Request(GET, [oid(each) for each in oids], [tlv(NULL, b"")] * len(oids))


def get_bulk(oids: Sequence[str], columns: int) -> Request:
    """Return the request that reads consecutive rows of columns; `oids` are its answer's names, row by row.

    An agent may answer fewer rows than it is asked for, and goes on with what follows where a row is missing.
    """
    starts = [_before(each) for each in oids[:columns]]
    request = Request(
        GET_BULK, [oid(each) for each in starts], [tlv(NULL, b"")] * columns, fields=(0, len(oids) // columns)
    )
    request.names = tuple(oid(each) for each in oids)
    request.whole = False
    return request


def _before(instance: str) -> str:
    """Return an object identifier that comes just before this one."""
    column, _, row = instance.rpartition(".")
    return f"{column}.{int(row) - 1}" if int(row) else column


def set_number(instance: str, value: int | bytes, *, unsigned: bool = False) -> Request:
    """Return the request that sets one instance to an INTEGER, an Unsigned32 or a text."""
    encoded = tlv(OCTETS, value) if isinstance(value, bytes) else integer(value, GAUGE32 if unsigned else INTEGER)
    return Request(SET, [oid(instance)], [encoded])


def decode_pdu(data: bytes, at: int, end: int, expected: Sequence[bytes] = ()) -> Pdu:
    """Decode the PDU at `at`; `expected` are the names that it probably gives, which makes it fast when it does.

    Raises
    ------
    WireError
        If the bytes are not a whole PDU.
    """
    tag, start, stop = header(data, at, end)
    request_id, at = read_integer(data, start, stop)
    status, at = read_integer(data, at, stop)
    index, at = read_integer(data, at, stop)
    start, last = expect(data, at, stop, SEQUENCE)
    values, at = read_expected(data, start, last, expected)
    known = tuple(expected[: len(values)]) if len(values) < len(expected) else tuple(expected)
    if at == last:
        return Pdu(tag, request_id, status, index, known, values)
    names, others = _varbinds(data, at, last)
    return Pdu(tag, request_id, status, index, known + names, values + others)


def _varbinds(data: bytes, at: int, end: int) -> tuple[tuple[bytes, ...], list[Raw]]:
    names: list[bytes] = []
    values: list[Raw] = []
    while at < end:
        start, stop = expect(data, at, end, SEQUENCE)
        _, _, name_stop = header(data, start, stop)
        value, at = read_value(data, name_stop, stop)
        if at != stop or len(names) == _MAX_VARBINDS:
            raise WireError(f"bytes left over at byte {at}")
        names.append(data[start:name_stop])
        values.append(value)
    return tuple(names), values


def error_name(status: int) -> str:
    """Return the name of an error status."""
    return _ERROR_STATUS[status] if 0 <= status < len(_ERROR_STATUS) else f"error {status}"
