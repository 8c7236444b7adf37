"""SNMP agents on UDP: v2c by community, v3 by user with discovery, time window and reports (RFC 3412, RFC 3414)."""

from __future__ import annotations

import asyncio
import hmac
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tools.simulated_site.faults import Fault
from tools.simulated_site.protocol import ber
from tools.simulated_site.protocol.snmp_pdu import REPORT, Responder, parse_request, pdu
from tools.simulated_site.protocol.usm import UsmUser

USM_STATISTICS = (1, 3, 6, 1, 6, 3, 15, 1, 1)
UNSUPPORTED_LEVEL, NOT_IN_TIME_WINDOW, UNKNOWN_USER, UNKNOWN_ENGINE, WRONG_DIGEST, DECRYPTION_ERROR = 1, 2, 3, 4, 5, 6
AUTH, PRIV, REPORTABLE = 1, 2, 4
TIME_WINDOW_S = 150
MOST_MESSAGE_OCTETS = 1472


class V2cAgent:
    """Answers one community; others it ignores, as agents do."""

    def __init__(self, community: str, responder: Responder) -> None:
        self._community, self._responder = community.encode(), responder

    def answer(self, message: bytes, *, failing: bool = False) -> bytes | None:
        """Return the response message, if there is one."""
        outer = ber.Reader(message).inside(ber.SEQUENCE)
        version, community = outer.integer(), outer.expect(ber.OCTETS)
        if version != 1 or not hmac.compare_digest(community, self._community):
            return None
        response = self._responder.respond(parse_request(outer), failing=failing)
        return ber.tlv(ber.SEQUENCE, ber.integer(1) + ber.tlv(ber.OCTETS, community) + response)


@dataclass(frozen=True, slots=True)
class _V3Message:
    message_id: int
    flags: int
    engine_id: bytes
    boots: int
    time_s: int
    user: bytes
    digest: bytes
    digest_at: int  # in the whole message
    salt: bytes
    body: ber.Reader


@dataclass(slots=True)
class V3Agent:
    """An authoritative engine with one user."""

    engine_id: bytes
    user: UsmUser
    responder: Responder
    boots: int
    clock: Callable[[], float] = time.monotonic
    _started_s: float = field(init=False)
    _reports: dict[int, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._started_s = self.clock()

    def answer(self, message: bytes, *, failing: bool = False) -> bytes | None:
        """Return the response or report, if there is one."""
        asked = _parse_v3(message)
        problem = self._problem(asked, message)
        if problem is not None:
            return self._report(asked, problem) if asked.flags & REPORTABLE else None
        scoped = self._plain(asked)
        if scoped is None:
            return self._report(asked, DECRYPTION_ERROR) if asked.flags & REPORTABLE else None
        scoped.expect(ber.OCTETS)  # context engine and name: there is one context
        context = scoped.expect(ber.OCTETS)
        response = self.responder.respond(parse_request(scoped), failing=failing)
        return self._message(asked, asked.flags & (AUTH | PRIV), context, response)

    def _problem(self, asked: _V3Message, message: bytes) -> int | None:
        if asked.engine_id != self.engine_id:
            return UNKNOWN_ENGINE
        if asked.user != self.user.name:
            return UNKNOWN_USER
        needed = AUTH | (PRIV if self.user.priv_key else 0)
        if asked.flags & (AUTH | PRIV) != needed:
            return UNSUPPORTED_LEVEL
        blank = bytes(len(asked.digest))
        zeroed = message[: asked.digest_at] + blank + message[asked.digest_at + len(blank) :]
        if not hmac.compare_digest(asked.digest, self.user.digest(zeroed)):
            return WRONG_DIGEST
        if asked.boots != self.boots or abs(asked.time_s - self._time_s()) > TIME_WINDOW_S:
            return NOT_IN_TIME_WINDOW
        return None

    def _time_s(self) -> int:
        return int(self.clock() - self._started_s)

    def _plain(self, asked: _V3Message) -> ber.Reader | None:
        """Return a reader inside the scoped PDU; None where decryption gave noise."""
        if not asked.flags & PRIV:
            return asked.body.inside(ber.SEQUENCE)
        encrypted = asked.body.expect(ber.OCTETS)
        if len(asked.salt) != 8:
            return None
        plain = self.user.decrypt(encrypted, asked.boots, asked.time_s, asked.salt)
        try:
            return ber.Reader(plain).inside(ber.SEQUENCE)
        except ber.BerError:
            return None

    def _report(self, asked: _V3Message, statistic: int) -> bytes:
        """Return a report; that of the time window is signed, so that a client may set its clock by it."""
        self._reports[statistic] = self._reports.get(statistic, 0) + 1
        counter = ber.integer(self._reports[statistic], ber.COUNTER32)
        varbind = ber.tlv(ber.SEQUENCE, ber.oid((*USM_STATISTICS, statistic, 0)) + counter)
        report = pdu(REPORT, _request_id(asked), 0, 0, ber.tlv(ber.SEQUENCE, varbind))
        return self._message(asked, AUTH if statistic == NOT_IN_TIME_WINDOW else 0, b"", report)

    def _message(self, asked: _V3Message, flags: int, context: bytes, response: bytes) -> bytes:
        time_s, salt = self._time_s(), b""
        scoped = ber.tlv(ber.SEQUENCE, ber.tlv(ber.OCTETS, self.engine_id) + ber.tlv(ber.OCTETS, context) + response)
        if flags & PRIV:
            salt, encrypted = self.user.encrypt(scoped, self.boots, time_s)
            scoped = ber.tlv(ber.OCTETS, encrypted)
        blank = bytes(self.user.digest_octets) if flags & AUTH else b""
        head = ber.integer(3) + ber.tlv(ber.SEQUENCE, _header(asked.message_id, flags))
        security = self._security(asked, time_s, blank, salt)
        message = ber.tlv(ber.SEQUENCE, head + ber.tlv(ber.OCTETS, security) + scoped)
        if flags & AUTH:
            signed = self._security(asked, time_s, self.user.digest(message), salt)
            message = ber.tlv(ber.SEQUENCE, head + ber.tlv(ber.OCTETS, signed) + scoped)
        return message

    def _security(self, asked: _V3Message, time_s: int, digest: bytes, salt: bytes) -> bytes:
        fields = ber.tlv(ber.OCTETS, self.engine_id) + ber.integer(self.boots) + ber.integer(time_s)
        fields += ber.tlv(ber.OCTETS, asked.user) + ber.tlv(ber.OCTETS, digest) + ber.tlv(ber.OCTETS, salt)
        return ber.tlv(ber.SEQUENCE, fields)


def _header(message_id: int, flags: int) -> bytes:
    return (
        ber.integer(message_id)
        + ber.integer(MOST_MESSAGE_OCTETS)
        + ber.tlv(ber.OCTETS, bytes((flags,)))
        + ber.integer(3)
    )


def _parse_v3(message: bytes) -> _V3Message:
    outer = ber.Reader(message).inside(ber.SEQUENCE)
    if outer.integer() != 3:
        raise ber.BerError("not SNMPv3")
    header = outer.inside(ber.SEQUENCE)
    message_id, _, flags, model = header.integer(), header.integer(), header.expect(ber.OCTETS), header.integer()
    if model != 3 or len(flags) != 1:
        raise ber.BerError("not the user-based security model")
    security = outer.inside(ber.OCTETS).inside(ber.SEQUENCE)
    engine_id, boots, time_s = security.expect(ber.OCTETS), security.integer(), security.integer()
    user, digest = security.expect(ber.OCTETS), security.expect(ber.OCTETS)
    digest_at = security.at - len(digest)
    salt = security.expect(ber.OCTETS)
    return _V3Message(message_id, flags[0], engine_id, boots, time_s, user, digest, digest_at, salt, outer)


def _request_id(asked: _V3Message) -> int:
    """Return the id of the PDU inside, 0 where it cannot be read."""
    if asked.flags & PRIV:
        return 0
    body = ber.Reader(asked.body.data, asked.body.at, asked.body.end)
    try:
        scoped = body.inside(ber.SEQUENCE)
        scoped.expect(ber.OCTETS)
        scoped.expect(ber.OCTETS)
        return parse_request(scoped).request_id
    except ber.BerError:
        return 0


class AgentProtocol(asyncio.DatagramProtocol):
    """One agent behind one UDP port; what it cannot read it drops."""

    def __init__(self, agent: V2cAgent | V3Agent, state: Callable[[], tuple[Fault, float]]) -> None:
        self._agent, self._state = agent, state
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        """Keep the socket."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer a message, a slow device some time later."""
        fault, late_s = self._state()
        if late_s > 0.0:
            asyncio.get_running_loop().call_later(late_s, self._answer, data, addr, Fault.NONE)
        else:
            self._answer(data, addr, fault)

    def _answer(self, data: bytes, addr: tuple[str, int], fault: Fault) -> None:
        if self._transport is None or fault is Fault.SILENT:
            return
        if fault is Fault.GARBAGE:
            self._transport.sendto(os.urandom(64), addr)
            return
        try:
            response = self._agent.answer(data, failing=fault is Fault.EXCEPTION)
        except ber.BerError:
            return
        if response is not None:
            self._transport.sendto(response, addr)
