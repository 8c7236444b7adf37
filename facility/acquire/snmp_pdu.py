"""SNMP protocol data units: requests kept encoded, with only the request id written anew, and answers decoded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from facility.acquire.ber import (
    NULL,
    SEQUENCE,
    Raw,
    WireError,
    expect,
    header,
    integer,
    oid,
    read_integer,
    read_value,
    tlv,
)

GET, RESPONSE, SET, REPORT = 0xA0, 0xA2, 0xA3, 0xA8
TOO_BIG = 1
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
    values: tuple[Raw, ...]


class Request:
    """An encoded request without its id."""

    def __init__(self, tag: int, names: Sequence[bytes], values: Sequence[bytes]) -> None:
        varbinds = b"".join(tlv(SEQUENCE, name + value) for name, value in zip(names, values, strict=True))
        body = integer(FIRST_ID) + integer(0) + integer(0) + tlv(SEQUENCE, varbinds)
        encoded = tlv(tag, body)
        self._head = encoded[: len(encoded) - len(body) + 2]
        self._tail = body[6:]
        self.names = tuple(names)

    def encode(self, request_id: int) -> bytes:
        """Return the request with this id."""
        return self._head + request_id.to_bytes(4, "big") + self._tail


def get(oids: Sequence[str]) -> Request:
    """Return the request that reads instances."""
    return Request(GET, [oid(each) for each in oids], [tlv(NULL, b"")] * len(oids))


def set_integer(instance: str, value: int) -> Request:
    """Return the request that sets one instance to an INTEGER."""
    return Request(SET, [oid(instance)], [integer(value)])


def decode_pdu(data: bytes, at: int, end: int) -> Pdu:
    """Decode the PDU at `at`.

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
    names, values = _varbinds(data, start, last)
    return Pdu(tag, request_id, status, index, names, values)


def _varbinds(data: bytes, at: int, end: int) -> tuple[tuple[bytes, ...], tuple[Raw, ...]]:
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
    return tuple(names), tuple(values)


def error_name(status: int) -> str:
    """Return the name of an error status."""
    return _ERROR_STATUS[status] if 0 <= status < len(_ERROR_STATUS) else f"error {status}"
