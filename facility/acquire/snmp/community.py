"""SNMP v1 and v2c messages: a version and a community around a PDU.

v1 has no GETBULK, and no exceptions within an answer: one missing instance fails its whole request, noSuchName with an index.
"""

from __future__ import annotations

import os
from typing import Literal

from facility.acquire.snmp.ber import OCTETS, SEQUENCE, WireError, expect, integer, read_integer, read_octets, tlv
from facility.acquire.snmp.pdu import FIRST_ID, LAST_ID, RESPONSE, Pdu, Request, decode_pdu
from facility.acquire.snmp.udp import SilenceError, UdpChannel
from facility.errors import DeviceError

_VERSIONS = {"v1": 0, "v2c": 1}  # as RFC 1157 and RFC 1901 number them


def new_id() -> int:
    """Return an id that cannot be guessed from the last one."""
    return int.from_bytes(os.urandom(4), "big") & LAST_ID | FIRST_ID


def checked(pdu: Pdu, request_id: int, request: Request) -> Pdu:
    """Return the PDU if it answers this request.

    Raises
    ------
    WireError
        If it is another kind, has another id, or names other instances than were asked for.
    """
    if pdu.tag != RESPONSE:
        raise WireError(f"PDU 0x{pdu.tag:02x} is not a response")
    if pdu.request_id != request_id:
        raise WireError("the answer to another request")
    if pdu.error_status == 0 and request.whole and pdu.names != request.names:
        raise WireError("it names other instances than were asked for")
    return pdu


class CommunitySession:
    """Asks with a community."""

    def __init__(self, community: str, version: Literal["v1", "v2c"] = "v2c") -> None:
        self._community = community.encode()
        self._version = _VERSIONS[version]
        self._prefix = integer(self._version) + tlv(OCTETS, self._community)

    async def ask(self, channel: UdpChannel, request: Request, timeout_s: float) -> Pdu:
        """Send a request and return its answer."""
        request_id = new_id()
        payload = tlv(SEQUENCE, self._prefix + request.encode(request_id))
        try:
            return await channel.exchange(payload, lambda data: self.decode(data, request_id, request), timeout_s)
        except SilenceError as error:
            raise DeviceError(f"{error}: unreachable, or the community is wrong") from None

    def decode(self, data: bytes, request_id: int, request: Request) -> Pdu:
        """Decode a datagram that should answer a request.

        Raises
        ------
        WireError
            If it does not.
        """
        at, end = expect(data, 0, len(data), SEQUENCE)
        version, at = read_integer(data, at, end)
        if version != self._version:
            raise WireError(f"SNMP version {version}")
        community, at = read_octets(data, at, end)
        if community != self._community:
            raise WireError("another community")
        return checked(decode_pdu(data, at, end, request.names), request_id, request)
