"""Signs, seals and checks the messages between one user and one engine (RFC 3414, 3)."""

from __future__ import annotations

import hmac

from facility.acquire.snmp.ber import OCTETS, WireError, read_octets, tlv
from facility.acquire.snmp.usm_ciphers import priv_cipher
from facility.acquire.snmp.usm_keys import MAC_BYTES, UsmUser
from facility.acquire.snmp.usm_message import AUTH, PRIV, Envelope, Message


class UsmSecurity:
    """A user's keys at an engine. `level` is how the user's messages are protected: 0, AUTH, or AUTH | PRIV."""

    def __init__(self, engine_id: bytes, user: UsmUser) -> None:
        self.engine_id = engine_id
        self._user = user.name
        auth_key, priv_key = user.auth_key(engine_id), user.priv_key(engine_id)
        mac_bytes = MAC_BYTES[user.auth_protocol] if user.auth_protocol else 0
        # Keyed once: each message goes on from a copy.
        self._mac = hmac.new(auth_key, digestmod=user.auth_protocol) if auth_key and user.auth_protocol else None
        self._cipher = priv_cipher(user.priv_protocol, priv_key) if priv_key else None
        self._envelope = Envelope(engine_id, user.name, mac_bytes)
        self.level = (AUTH if self._mac else 0) | (PRIV if self._cipher else 0)

    def scoped(self, pdu: bytes) -> bytes:
        """Return a PDU within the default context of the engine."""
        return self._envelope.scoped(pdu)

    def protect(self, scoped: bytes, message_id: int, flags: int, boots: int, time_s: int) -> bytes:
        """Return the message of a scoped PDU, signed and sealed as the flags say."""
        salt, data = b"", scoped
        if flags & PRIV and self._cipher:
            salt, sealed = self._cipher.encrypt(data, boots, time_s)
            data = tlv(OCTETS, sealed)
        message = self._envelope.message(message_id, flags, boots, time_s, salt=salt, data=data)
        if not flags & AUTH:
            return message
        end = len(message) - len(data) - 2 - len(salt)
        return message[: end - self._envelope.mac_bytes] + self._digest(message) + message[end:]

    def verify(self, data: bytes, message: Message) -> None:
        """Make sure that a signed message comes from this user, at this engine, as it is.

        Raises
        ------
        WireError
            If it does not.
        """
        self.expect_names(message)
        end = message.mac_at + len(message.mac)
        unsigned = data[: message.mac_at] + bytes(len(message.mac)) + data[end:]
        if not hmac.compare_digest(self._digest(unsigned), message.mac):  # one of another length included
            raise WireError("its signature is wrong")

    def expect_names(self, message: Message) -> None:
        """Refuse a message that does not even say that it is of this user and engine."""
        if message.engine_id != self.engine_id or message.user != self._user:
            raise WireError("from another engine or user")

    def open(self, data: bytes, message: Message) -> tuple[bytes, int, int]:
        """Return the bytes that hold a message's scoped PDU, and where in them it begins and must end."""
        if not message.flags & PRIV:
            return data, message.data_at, message.end
        if self._cipher is None:
            raise WireError("sealed, though this user has no privacy key")
        sealed, _ = read_octets(data, message.data_at, message.end)
        plain = self._cipher.decrypt(sealed, message.boots, message.time_s, message.salt)
        return plain, 0, len(plain)

    def _digest(self, message: bytes) -> bytes:
        if self._mac is None:
            raise WireError("signed, though this user has no authentication key")
        mac = self._mac.copy()
        mac.update(message)
        return mac.digest()[: self._envelope.mac_bytes]
