"""The bytes of SNMP v3 messages (RFC 3412, RFC 3414): put together and taken apart, nothing judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from facility.acquire.snmp.ber import OCTETS, SEQUENCE, WireError, expect, integer, read_integer, read_octets, tlv
from facility.acquire.snmp.pdu import Pdu, decode_pdu

AUTH, PRIV, REPORTABLE = 1, 2, 4
_MAX_SIZE = 65507
_USM = 3
_VERSION = integer(3)
_LAST = 0x7FFFFFFF  # of boots and times
# What follows the message's id in its header, by flags.
_AFTER_ID = tuple(integer(_MAX_SIZE) + tlv(OCTETS, bytes((flags,))) + integer(_USM) for flags in range(8))


class Envelope:
    """What all messages of one user with one engine have in common, encoded once."""

    __slots__ = ("_engine", "_scope", "_user", "mac_bytes")

    def __init__(self, engine_id: bytes, user: bytes, mac_bytes: int) -> None:
        self.mac_bytes = mac_bytes
        self._engine = tlv(OCTETS, engine_id)
        self._scope = self._engine + tlv(OCTETS, b"")
        self._user = tlv(OCTETS, user)

    def scoped(self, pdu: bytes) -> bytes:
        """Return a PDU within the default context of the engine."""
        return tlv(SEQUENCE, self._scope + pdu)

    def message(self, message_id: int, flags: int, boots: int, time_s: int, *, salt: bytes, data: bytes) -> bytes:
        """Return a whole message around a scoped PDU, sealed or not; its signature, if it shall have one, is zeros."""
        mac = bytes(self.mac_bytes if flags & AUTH else 0)
        fields = self._engine + integer(boots) + integer(time_s) + self._user + tlv(OCTETS, mac) + tlv(OCTETS, salt)
        header = tlv(SEQUENCE, integer(message_id) + _AFTER_ID[flags])
        return tlv(SEQUENCE, _VERSION + header + tlv(OCTETS, tlv(SEQUENCE, fields)) + data)


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


def parse_message(data: bytes) -> Message:
    """Take a message apart, its scoped PDU left as it is.

    Raises
    ------
    WireError
        If it is not a v3 message with user-based security, or its sender's clock is impossible.
    """
    at, end = expect(data, 0, len(data), SEQUENCE)
    version, at = read_integer(data, at, end)
    if version != 3:
        raise WireError(f"SNMP version {version}")
    message_id, flags, at = _header(data, at, end)
    at, data_at = expect(data, at, end, OCTETS)
    at, stop = expect(data, at, data_at, SEQUENCE)
    engine_id, at = read_octets(data, at, stop)
    boots, at = read_integer(data, at, stop)
    time_s, at = read_integer(data, at, stop)
    if not 0 <= boots <= _LAST or not 0 <= time_s <= _LAST:
        raise WireError("impossible engine boots or time")
    user, at = read_octets(data, at, stop)
    mac_at, at = expect(data, at, stop, OCTETS)
    salt, _ = read_octets(data, at, stop)
    return Message(message_id, flags, engine_id, boots, time_s, user, data[mac_at:at], mac_at, salt, data_at, end)


def _header(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    at, stop = expect(data, at, end, SEQUENCE)
    message_id, at = read_integer(data, at, stop)
    _, at = read_integer(data, at, stop)
    flags, at = read_octets(data, at, stop)
    model, _ = read_integer(data, at, stop)
    if len(flags) != 1 or model != _USM:
        raise WireError("another security model, or malformed flags")
    return message_id, flags[0], stop


def read_scoped_pdu(data: bytes, at: int, end: int, expected: Sequence[bytes] = ()) -> Pdu:
    """Decode the scoped PDU at `at`; `expected` are the names that it probably gives.

    Raises
    ------
    WireError
        If the bytes are not one: what a wrong key decrypts to, for instance.
    """
    return decode_pdu(data, *scoped_content(data, at, end), expected)


def scoped_content(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Return where the PDU within the scoped PDU at `at` begins, and where its frame ends."""
    at, end = expect(data, at, end, SEQUENCE)
    _, at = read_octets(data, at, end)
    _, at = read_octets(data, at, end)
    return at, end
