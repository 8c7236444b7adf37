"""SNMP v3 with user-based security (RFC 3414): discovery, time, and what may be believed.

A Report that is not authenticated is never data: it ends a question with a reason, or tells an engine id that has yet to prove
that it knows the user's key. The engine's clock is believed from authenticated messages only. A user without authentication has
no such proof: its answers are believed by their ids and address alone, as in v2c.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from facility.acquire.snmp import ber
from facility.acquire.snmp.ber import WireError
from facility.acquire.snmp.community import checked, new_id
from facility.acquire.snmp.pdu import REPORT, Pdu, Request, get
from facility.acquire.snmp.udp import SilenceError, UdpChannel
from facility.acquire.snmp.usm_engine import UsmEngine
from facility.acquire.snmp.usm_keys import UsmUser
from facility.acquire.snmp.usm_message import AUTH, PRIV, REPORTABLE, Envelope, Message, parse_message, read_scoped_pdu
from facility.errors import DeviceError

_STATS = "1.3.6.1.6.3.15.1.1"
_NOT_IN_TIME_WINDOW, _UNKNOWN_ENGINE = ber.oid(f"{_STATS}.2.0"), ber.oid(f"{_STATS}.4.0")
_REASONS = {
    ber.oid(f"{_STATS}.1.0"): "does not offer this user that much security: check priv_key and the agent's user",
    _NOT_IN_TIME_WINDOW: "keeps saying that we are outside its time window",
    ber.oid(f"{_STATS}.3.0"): "does not know this user: check v3.user",
    _UNKNOWN_ENGINE: "keeps changing its engine id",
    ber.oid(f"{_STATS}.5.0"): "says that our signature is wrong: check auth_key and auth_protocol",
    ber.oid(f"{_STATS}.6.0"): "cannot decrypt what we send: check priv_key, priv_protocol and priv_key_extension",
}
_NOBODY = Envelope(b"", b"", 0)


class UsmSession:
    """Asks one agent as one user."""

    def __init__(self, user: UsmUser, monotonic: Callable[[], float]) -> None:
        self._user = user
        self._monotonic = monotonic
        self._engine: UsmEngine | None = None
        self._discovery = asyncio.Lock()  # questions under way together meet an engine once
        self._answered = False  # ever: then the keys are right, and silence has another reason

    async def ask(self, channel: UdpChannel, request: Request, timeout_s: float) -> Pdu:
        """Send a request and return its answer; discovers the engine and its clock when needed."""
        reason = b""
        for _ in range(4):  # discovery, time, the question, and once more when the agent restarted meanwhile
            engine = self._engine or await self._met(channel, timeout_s)
            answer = await self._exchange(channel, engine, request, timeout_s)
            if answer.tag != REPORT:
                self._answered = True
                return answer
            reason = answer.names[0] if answer.names else b""
            if reason == _UNKNOWN_ENGINE:
                self._engine = None
            elif reason != _NOT_IN_TIME_WINDOW:
                break
        raise DeviceError(f"the agent {_REASONS.get(reason, 'answers with a report that we do not know')}")

    async def _met(self, channel: UdpChannel, timeout_s: float) -> UsmEngine:
        async with self._discovery:
            if self._engine is None:
                self._engine = UsmEngine(await self._discover(channel, timeout_s), self._user, self._monotonic)
            return self._engine

    async def _discover(self, channel: UdpChannel, timeout_s: float) -> bytes:
        message_id = new_id()
        empty = _NOBODY.scoped(get(()).encode(message_id))
        payload = _NOBODY.message(message_id, REPORTABLE, 0, 0, salt=b"", data=empty)
        return await channel.exchange(payload, lambda data: _engine_id(data, message_id), timeout_s)

    async def _exchange(self, channel: UdpChannel, engine: UsmEngine, request: Request, timeout_s: float) -> Pdu:
        request_id = new_id()
        payload = self.encode(engine, request, request_id)
        try:
            return await channel.exchange(
                payload, lambda data: self.decode(engine, data, request_id, request), timeout_s
            )
        except SilenceError as error:
            self._engine = None  # an agent that forgot its boots can be met anew
            if engine.synchronised and engine.security.level & PRIV and not self._answered:
                hint = "its signature is right, so check priv_key, priv_protocol and priv_key_extension"
                raise DeviceError(f"{error}: {hint}") from None
            raise

    def encode(self, engine: UsmEngine, request: Request, request_id: int) -> bytes:
        """Return the message of a request, signed and sealed as the user has keys."""
        security = engine.security
        scoped = security.scoped(request.encode(request_id))
        return security.protect(scoped, request_id, security.level | REPORTABLE, engine.boots, engine.time_s)

    def decode(self, engine: UsmEngine, data: bytes, request_id: int, request: Request) -> Pdu:
        """Decode a datagram: the answer to a request, or a Report.

        Raises
        ------
        WireError
            If it is neither, is not signed by this engine, is late, or is less protected than the request was.
        """
        message = _answer_to(request_id, data)
        security = engine.security
        if not message.flags & AUTH:
            return _unsigned(engine, data, message, request_id, request)
        security.verify(data, message)
        engine.take_time(message.boots, message.time_s)
        pdu = read_scoped_pdu(*security.open(data, message), request.names)
        if pdu.tag == REPORT:
            return pdu
        if security.level & ~message.flags:
            raise WireError("an answer in the clear to a sealed request")
        return checked(pdu, request_id, request)


def _answer_to(message_id: int, data: bytes) -> Message:
    message = parse_message(data)
    if message.id != message_id:
        raise WireError("the answer to another request")
    return message


def _unsigned(engine: UsmEngine, data: bytes, message: Message, request_id: int, request: Request) -> Pdu:
    pdu = _unsigned_pdu(data, message)
    if pdu.tag == REPORT:
        return pdu
    if engine.security.level:
        raise WireError("not signed")
    engine.security.expect_names(message)
    return checked(pdu, request_id, request)


def _unsigned_pdu(data: bytes, message: Message) -> Pdu:
    if message.flags & PRIV:
        raise WireError("sealed but not signed")
    pdu = read_scoped_pdu(data, message.data_at, message.end)
    if pdu.tag == REPORT and _NOT_IN_TIME_WINDOW in pdu.names:
        raise WireError("a report about time that is not signed")
    return pdu


def _engine_id(data: bytes, message_id: int) -> bytes:
    message = _answer_to(message_id, data)
    if _unsigned_pdu(data, message).tag != REPORT:
        raise WireError("not a report")
    if not 5 <= len(message.engine_id) <= 32:
        raise WireError("an engine id of impossible length")
    return message.engine_id
