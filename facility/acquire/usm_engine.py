"""What is known of an SNMPv3 agent's engine: its keys, and its clock as far as authenticated messages told it."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable

from cryptography.hazmat.decrepit.ciphers.modes import CFB  # what RFC 3826 prescribes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from facility.acquire.ber import WireError
from facility.acquire.usm_keys import MAC_BYTES, UsmUser

_WINDOW_S = 150  # RFC 3414, 2.2.3
_LAST_BOOTS = 0x7FFFFFFF


class UsmEngine:
    """Signs, seals and checks messages between a user and one engine."""

    def __init__(self, engine_id: bytes, user: UsmUser, monotonic: Callable[[], float]) -> None:
        self.id = engine_id
        self.boots = 0
        self._received_s = 0  # the newest engine time of an authenticated message, and when it came
        self._received_at = monotonic()
        self._monotonic = monotonic
        self._mac = hmac.new(user.auth_key(engine_id), digestmod=user.auth_protocol.lower())
        self.mac_bytes = MAC_BYTES[user.auth_protocol]
        key = user.priv_key(engine_id)
        self._aes = None if key is None else algorithms.AES(key)
        self._salt = secrets.randbits(64)

    @property
    def private(self) -> bool:
        """Whether messages are encrypted."""
        return self._aes is not None

    @property
    def synchronised(self) -> bool:
        """Whether an authenticated message told the engine's clock."""
        return self.boots > 0

    @property
    def time_s(self) -> int:
        """The engine's time now."""
        return self._received_s + int(self._monotonic() - self._received_at) if self.synchronised else 0

    def digest(self, message: bytes) -> bytes:
        """Return the digest of a message whose own digest is zeros."""
        mac = self._mac.copy()
        mac.update(message)
        return mac.digest()[: self.mac_bytes]

    def take_time(self, boots: int, time_s: int) -> None:
        """Learn the clock from an authenticated message.

        Raises
        ------
        WireError
            If the message is older than the time window: replayed, or long under way.
        """
        if not 0 < boots < _LAST_BOOTS or time_s < 0:
            raise WireError("impossible engine boots or time")
        if boots < self.boots or (boots == self.boots and time_s < self.time_s - _WINDOW_S):
            raise WireError("outside the time window")
        if boots > self.boots or time_s > self._received_s:
            self.boots, self._received_s, self._received_at = boots, time_s, self._monotonic()

    def encrypt(self, plain: bytes, boots: int, time_s: int) -> tuple[bytes, bytes]:
        """Return (salt, encrypted bytes); a salt is never used twice."""
        self._salt = (self._salt + 1) & 0xFFFFFFFFFFFFFFFF
        salt = self._salt.to_bytes(8, "big")
        encryptor = self._cipher(boots, time_s, salt).encryptor()
        return salt, encryptor.update(plain) + encryptor.finalize()

    def decrypt(self, sealed: bytes, boots: int, time_s: int, salt: bytes) -> bytes:
        """Return the bytes that the engine sealed."""
        if len(salt) != 8:
            raise WireError("a salt of wrong length")
        decryptor = self._cipher(boots, time_s, salt).decryptor()
        return decryptor.update(sealed) + decryptor.finalize()

    def _cipher(self, boots: int, time_s: int, salt: bytes) -> Cipher[CFB]:
        if self._aes is None:
            raise WireError("encrypted, though this user has no privacy key")
        return Cipher(self._aes, CFB(boots.to_bytes(4, "big") + time_s.to_bytes(4, "big") + salt))
