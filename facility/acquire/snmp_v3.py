"""SNMP v3 with user-based security (RFC 3414): discovery, time, and what may be believed.

A Report that is not authenticated is never data: it ends a question with a reason, or tells an engine id that has yet to prove
that it knows the user's key. The engine's clock is believed from authenticated messages only.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from facility.acquire import ber
from facility.acquire.ber import OCTETS, WireError, read_octets, tlv
from facility.acquire.snmp_pdu import REPORT, Pdu, Request, get
from facility.acquire.snmp_v2c import checked, new_id
from facility.acquire.udp import SilenceError, UdpChannel
from facility.acquire.usm_engine import UsmEngine
from facility.acquire.usm_keys import UsmUser
from facility.acquire.usm_message import (
    AUTH,
    PRIV,
    REPORTABLE,
    Message,
    encode_message,
    parse_message,
    read_scoped_pdu,
    scoped_pdu,
    security_parameters,
)
from facility.errors import DeviceError

_STATS = "1.3.6.1.6.3.15.1.1"
_NOT_IN_TIME_WINDOW, _UNKNOWN_ENGINE = ber.oid(f"{_STATS}.2.0"), ber.oid(f"{_STATS}.4.0")
_REASONS = {
    ber.oid(f"{_STATS}.1.0"): "does not offer this security level to this user: check priv_key and the agent's user",
    _NOT_IN_TIME_WINDOW: "keeps saying that we are outside its time window",
    ber.oid(f"{_STATS}.3.0"): "does not know this user: check v3.user",
    _UNKNOWN_ENGINE: "keeps changing its engine id",
    ber.oid(f"{_STATS}.5.0"): "says that our signature is wrong: check auth_key and auth_protocol",
    ber.oid(f"{_STATS}.6.0"): "cannot decrypt what we send: check priv_key and priv_protocol",
}


class UsmSession:
    """Asks one agent as one user."""

    def __init__(self, user: UsmUser, monotonic: Callable[[], float]) -> None:
        self._user = user
        self._monotonic = monotonic
        self._engine: UsmEngine | None = None
        self._answered = False  # ever: then the keys are right, and silence has another reason

    async def ask(self, channel: UdpChannel, request: Request, timeout_s: float) -> Pdu:
        """Send a request and return its answer; discovers the engine and its clock when needed."""
        reason = b""
        for _ in range(4):  # discovery, time, the question, and once more when the agent restarted meanwhile
            engine = self._engine or await self._discover(channel, timeout_s)
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

    async def _discover(self, channel: UdpChannel, timeout_s: float) -> UsmEngine:
        message_id = new_id()
        empty = scoped_pdu(b"", get(()), message_id)
        payload = encode_message(message_id, REPORTABLE, security_parameters(b"", 0, 0), empty)
        engine_id = await channel.exchange(payload, lambda data: _engine_id(data, message_id), timeout_s)
        self._engine = UsmEngine(engine_id, self._user, self._monotonic)
        return self._engine

    async def _exchange(self, channel: UdpChannel, engine: UsmEngine, request: Request, timeout_s: float) -> Pdu:
        request_id = new_id()
        payload = self.encode(engine, request, request_id)
        try:
            return await channel.exchange(
                payload, lambda data: self.decode(engine, data, request_id, request), timeout_s
            )
        except SilenceError as error:
            self._engine = None  # an agent that forgot its boots can be met anew
            if engine.synchronised and engine.private and not self._answered:
                hint = "its signature is right, so check priv_key and priv_protocol"
                raise DeviceError(f"{error}: {hint}") from None
            raise

    def encode(self, engine: UsmEngine, request: Request, request_id: int) -> bytes:
        """Return the signed (and, for a user with privacy, sealed) message of a request."""
        boots, time_s = engine.boots, engine.time_s
        flags, salt, data = AUTH | REPORTABLE, b"", scoped_pdu(engine.id, request, request_id)
        if engine.private:
            salt, sealed = engine.encrypt(data, boots, time_s)
            flags, data = flags | PRIV, tlv(OCTETS, sealed)
        zeros = bytes(engine.mac_bytes)
        security = security_parameters(engine.id, boots, time_s, user=self._user.name, mac=zeros, salt=salt)
        message = encode_message(request_id, flags, security, data)
        at = len(message) - len(data) - len(salt) - 2 - engine.mac_bytes
        return message[:at] + engine.digest(message) + message[at + engine.mac_bytes :]

    def decode(self, engine: UsmEngine, data: bytes, request_id: int, request: Request) -> Pdu:
        """Decode a datagram: the answer to a request, or a Report.

        Raises
        ------
        WireError
            If it is neither, is not signed by this engine, is late, or is less protected than the request was.
        """
        message = parse_message(data, request_id)
        if not message.flags & AUTH:
            return _unauthenticated_report(data, message)
        self._authenticate(engine, data, message)
        pdu = _open(engine, data, message)
        if pdu.tag == REPORT:
            return pdu
        if engine.private and not message.flags & PRIV:
            raise WireError("an answer in the clear to a sealed request")
        return checked(pdu, request_id, request)

    def _authenticate(self, engine: UsmEngine, data: bytes, message: Message) -> None:
        if message.engine_id != engine.id or message.user != self._user.name:
            raise WireError("from another engine or user")
        if len(message.mac) != engine.mac_bytes:
            raise WireError("a signature of wrong length")
        signed = data[: message.mac_at] + bytes(engine.mac_bytes) + data[message.mac_at + engine.mac_bytes :]
        if not hmac.compare_digest(engine.digest(signed), message.mac):
            raise WireError("its signature is wrong")
        engine.take_time(message.boots, message.time_s)


def _open(engine: UsmEngine, data: bytes, message: Message) -> Pdu:
    if not message.flags & PRIV:
        return read_scoped_pdu(data, message.data_at, message.end)
    sealed, _ = read_octets(data, message.data_at, message.end)
    plain = engine.decrypt(sealed, message.boots, message.time_s, message.salt)
    return read_scoped_pdu(plain, 0, len(plain))


def _unauthenticated_report(data: bytes, message: Message) -> Pdu:
    if message.flags & PRIV:
        raise WireError("sealed but not signed")
    pdu = read_scoped_pdu(data, message.data_at, message.end)
    if pdu.tag != REPORT:
        raise WireError("not signed")
    if _NOT_IN_TIME_WINDOW in pdu.names:
        raise WireError("a report about time that is not signed")
    return pdu


def _engine_id(data: bytes, message_id: int) -> bytes:
    message = parse_message(data, message_id)
    _unauthenticated_report(data, message)
    if not 5 <= len(message.engine_id) <= 32:
        raise WireError("an engine id of impossible length")
    return message.engine_id
