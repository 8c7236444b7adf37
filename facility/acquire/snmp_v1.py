"""SNMP v1 messages: those of v2c under another number.

v1 has no GETBULK, and no exceptions within an answer: one missing instance fails its whole request, noSuchName with an index.
"""

from __future__ import annotations

from facility.acquire.ber import OCTETS, SEQUENCE, WireError, expect, integer, read_integer, read_octets, tlv
from facility.acquire.snmp_pdu import Pdu, Request, decode_pdu
from facility.acquire.snmp_v2c import CommunitySession, checked

_VERSION = 0  # as RFC 1157 numbers it


class V1Session(CommunitySession):
    """Asks with a community, as v1."""

    def __init__(self, community: str) -> None:
        super().__init__(community)
        self._prefix = integer(_VERSION) + tlv(OCTETS, self._community)

    def decode(self, data: bytes, request_id: int, request: Request) -> Pdu:
        """Decode a datagram that should answer a request.

        Raises
        ------
        WireError
            If it does not.
        """
        at, end = expect(data, 0, len(data), SEQUENCE)
        version, at = read_integer(data, at, end)
        if version != _VERSION:
            raise WireError(f"SNMP version {version}")
        community, at = read_octets(data, at, end)
        if community != self._community:
            raise WireError("another community")
        return checked(decode_pdu(data, at, end, request.names), request_id, request)
