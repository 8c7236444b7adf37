"""The bytes of SNMP v3 messages (RFC 3412, RFC 3414): put together and taken apart, nothing judged."""

from __future__ import annotations

from typing import NamedTuple

from facility.acquire.ber import OCTETS, SEQUENCE, WireError, expect, integer, read_integer, read_octets, tlv
from facility.acquire.snmp_pdu import Pdu, Request, decode_pdu

AUTH, PRIV, REPORTABLE = 1, 2, 4
_MAX_SIZE = 65507
_USM = 3


class Message(NamedTuple):
    """The outer parts of a v3 message, positions included."""

    id: int
    flags: int
    engine_id: bytes
    boots: int
    time_s: int
    user: bytes
    mac: bytes
    mac_at: int
    salt: bytes
    data_at: int
    end: int


def scoped_pdu(engine_id: bytes, request: Request, request_id: int) -> bytes:
    """Return a request within the default context of an engine."""
    return tlv(SEQUENCE, tlv(OCTETS, engine_id) + tlv(OCTETS, b"") + request.encode(request_id))


def security_parameters(
    engine_id: bytes, boots: int, time_s: int, *, user: bytes = b"", mac: bytes = b"", salt: bytes = b""
) -> bytes:
    """Return who asks whom, and when; `mac` is as many zeros as the digest that will replace them."""
    fields = tlv(OCTETS, engine_id) + integer(boots) + integer(time_s)
    return tlv(SEQUENCE, fields + tlv(OCTETS, user) + tlv(OCTETS, mac) + tlv(OCTETS, salt))


def encode_message(message_id: int, flags: int, security: bytes, data: bytes) -> bytes:
    """Return a whole message around a scoped PDU, sealed or not."""
    header = tlv(SEQUENCE, integer(message_id) + integer(_MAX_SIZE) + tlv(OCTETS, bytes((flags,))) + integer(_USM))
    return tlv(SEQUENCE, integer(3) + header + tlv(OCTETS, security) + data)


def parse_message(data: bytes, message_id: int) -> Message:
    """Take a message apart, its scoped PDU left as it is.

    Raises
    ------
    WireError
        If it is not a v3 message with user-based security, or answers another request.
    """
    at, end = expect(data, 0, len(data), SEQUENCE)
    version, at = read_integer(data, at, end)
    if version != 3:
        raise WireError(f"SNMP version {version}")
    flags, at = _header(data, at, end, message_id)
    at, data_at = expect(data, at, end, OCTETS)
    at, stop = expect(data, at, data_at, SEQUENCE)
    engine_id, at = read_octets(data, at, stop)
    boots, at = read_integer(data, at, stop)
    time_s, at = read_integer(data, at, stop)
    user, at = read_octets(data, at, stop)
    mac_at, at = expect(data, at, stop, OCTETS)
    salt, _ = read_octets(data, at, stop)
    return Message(message_id, flags, engine_id, boots, time_s, user, data[mac_at:at], mac_at, salt, data_at, end)


def _header(data: bytes, at: int, end: int, message_id: int) -> tuple[int, int]:
    at, stop = expect(data, at, end, SEQUENCE)
    found, at = read_integer(data, at, stop)
    _, at = read_integer(data, at, stop)
    flags, at = read_octets(data, at, stop)
    model, _ = read_integer(data, at, stop)
    if found != message_id:
        raise WireError("the answer to another request")
    if len(flags) != 1 or model != _USM:
        raise WireError("another security model, or malformed flags")
    return flags[0], stop


def read_scoped_pdu(data: bytes, at: int, end: int) -> Pdu:
    """Decode the scoped PDU at `at`.

    Raises
    ------
    WireError
        If the bytes are not one: what a wrong key decrypts to, for instance.
    """
    at, end = expect(data, at, end, SEQUENCE)
    _, at = read_octets(data, at, end)
    _, at = read_octets(data, at, end)
    return decode_pdu(data, at, end)
