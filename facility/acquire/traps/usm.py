"""The v3 side of traps and informs (RFC 3414): an inform is signed with our engine's id and clock, a trap with its sender's."""

from __future__ import annotations

import hashlib
import time
from typing import NamedTuple

from facility.acquire.snmp import ber
from facility.acquire.snmp.ber import COUNTER32, SEQUENCE, WireError, integer, tlv
from facility.acquire.snmp.pdu import REPORT
from facility.acquire.snmp.usm_engine import WINDOW_S, UsmEngine
from facility.acquire.snmp.usm_keys import UsmUser
from facility.acquire.snmp.usm_message import AUTH, PRIV, REPORTABLE, Envelope, Message, parse_message, scoped_content
from facility.acquire.snmp.usm_security import UsmSecurity
from facility.acquire.traps.message import Notification, acknowledgement, read_notification
from facility.errors import DeviceError

_PREFIX = bytes.fromhex("8000000005")  # RFC 3411: an id of eight octets that we choose; we have no enterprise number
_EPOCH_S = 1_577_836_800  # 2020
_STATS = "1.3.6.1.6.3.15.1.1"
_NOT_IN_TIME_WINDOW, _UNKNOWN_ENGINE = ber.oid(f"{_STATS}.2.0"), ber.oid(f"{_STATS}.4.0")


class Received(NamedTuple):
    """What a datagram holds, and what to send back: to an inform once it is taken, to a question at once."""

    notification: Notification | None
    reply: bytes | None = None


class UsmSender:
    """A user of one device, with the keys at our engine and at its own."""

    def __init__(self, user: UsmUser, our_id: bytes) -> None:
        self.user = user
        self.at_ours = UsmSecurity(our_id, user)
        self._own: UsmEngine | None = None  # that signed its last trap

    def verified(self, data: bytes, message: Message) -> UsmSecurity:
        """Return the keys of a trap that the user signed at its own engine, in time."""
        known = self._own is not None and self._own.security.engine_id == message.engine_id
        engine = self._own if known and self._own else UsmEngine(message.engine_id, self.user, time.monotonic)
        verify(engine.security, data, message)
        if engine.security.level:
            engine.take_time(message.boots, message.time_s)
        self._own = engine
        return engine.security


class NotificationEngine:
    """Our own engine, whose clock rules informs.

    Its id is the site's, and its boots are the seconds since 2020 at its start: both need no file, and boots grow with each
    start, so that no inform of an earlier life is taken again.
    """

    def __init__(self, site_id: str, started_s: float) -> None:
        self.id = _PREFIX + hashlib.sha256(site_id.encode()).digest()[:8]
        self._boots = int(started_s) - _EPOCH_S
        if not 0 < self._boots < 0x7FFFFFFF:
            raise DeviceError("SNMPv3 informs need the clock of this machine to be right: set it")
        self._started = time.monotonic()
        self._reports = 0

    def receive(self, data: bytes, sender: UsmSender) -> Received:
        """Open a v3 message of a device's user.

        Raises
        ------
        WireError
            If it is none, or is less protected than the user's messages are.
        """
        message = parse_message(data)
        if message.engine_id == self.id:
            return self._inform(data, message, sender.at_ours)
        if message.flags & REPORTABLE:  # an inform whose sender has yet to learn who we are
            envelope = Envelope(self.id, b"", 0)
            report = envelope.scoped(self._report(_UNKNOWN_ENGINE))
            reply = envelope.message(message.id, 0, self._boots, self._time_s(), salt=b"", data=report)
            return Received(None, reply)
        security = sender.verified(data, message)
        buffer, start, end = security.open(data, message)
        return Received(read_notification(buffer, *scoped_content(buffer, start, end)))

    def _inform(self, data: bytes, message: Message, security: UsmSecurity) -> Received:
        verify(security, data, message)
        now_s = self._time_s()
        if security.level and (message.boots != self._boots or abs(message.time_s - now_s) > WINDOW_S):
            report = security.scoped(self._report(_NOT_IN_TIME_WINDOW))
            return Received(None, security.protect(report, message.id, AUTH, self._boots, now_s))
        buffer, start, end = security.open(data, message)
        at, stop = scoped_content(buffer, start, end)
        notification = read_notification(buffer, at, stop)
        if not notification.inform:
            raise WireError("a trap signed at our engine")
        answer = acknowledgement(buffer[start:stop], at - start)
        return Received(notification, security.protect(answer, message.id, security.level, self._boots, now_s))

    def _report(self, counter: bytes) -> bytes:
        self._reports += 1
        varbinds = tlv(SEQUENCE, tlv(SEQUENCE, counter + integer(self._reports & 0x7FFFFFFF, COUNTER32)))
        return tlv(REPORT, integer(0) + integer(0) + integer(0) + varbinds)

    def _time_s(self) -> int:
        return int(time.monotonic() - self._started)


def verify(security: UsmSecurity, data: bytes, message: Message) -> None:
    """Make sure that a message is protected as the messages of its user are, and comes from it.

    Raises
    ------
    WireError
        If it is not.
    """
    if security.level & ~message.flags:
        raise WireError("less protected than this user's messages")
    if message.flags & AUTH:
        security.verify(data, message)
    elif message.flags & PRIV:
        raise WireError("sealed but not signed")
    else:
        security.expect_names(message)
