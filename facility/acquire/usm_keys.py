"""Keys of SNMPv3's user-based security: from a pass phrase to the keys of one engine.

Sources: RFC 3414 A.2 (SHA-1), RFC 7860 (SHA-2), RFC 3826 (AES-128), draft-blumenthal-aes-usm-04 (AES-256 from a shorter digest).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from facility.errors import SecretError

AuthProtocol = Literal["SHA1", "SHA224", "SHA256", "SHA384", "SHA512"]
PrivProtocol = Literal["AES128", "AES256"]

# protocol -> bytes of the message digest that are sent
MAC_BYTES: dict[AuthProtocol, int] = {"SHA1": 12, "SHA224": 16, "SHA256": 24, "SHA384": 32, "SHA512": 48}
_KEY_BYTES: dict[PrivProtocol, int] = {"AES128": 16, "AES256": 32}
_EXPANDED_BYTES = 1 << 20
_SHORTEST = 8


@dataclass(frozen=True, slots=True, repr=False)
class UsmUser:
    """A user with the digests of its pass phrases; never shown."""

    name: bytes
    auth_protocol: AuthProtocol
    auth_master: bytes
    priv_protocol: PrivProtocol
    priv_master: bytes | None

    def auth_key(self, engine_id: bytes) -> bytes:
        """Return the authentication key at an engine."""
        return localised(self.auth_master, engine_id, self.auth_protocol)

    def priv_key(self, engine_id: bytes) -> bytes | None:
        """Return the privacy key at an engine; None for a user without privacy."""
        if self.priv_master is None:
            return None
        key = localised(self.priv_master, engine_id, self.auth_protocol)
        return _lengthened(key, _KEY_BYTES[self.priv_protocol], self.auth_protocol)


@lru_cache(maxsize=64)  # a megabyte is hashed for each, and a site's devices share few pass phrases
def master_key(pass_phrase: str, protocol: AuthProtocol) -> bytes:
    """Return the digest of a pass phrase repeated to a megabyte.

    Raises
    ------
    SecretError
        If it is shorter than the eight characters that the standard asks for.
    """
    phrase = pass_phrase.encode()
    if len(phrase) < _SHORTEST:
        raise SecretError(f"an SNMPv3 pass phrase needs at least {_SHORTEST} characters")
    repeated = phrase * (_EXPANDED_BYTES // len(phrase) + 1)
    return hashlib.new(protocol, repeated[:_EXPANDED_BYTES]).digest()


def localised(master: bytes, engine_id: bytes, protocol: AuthProtocol) -> bytes:
    """Return the key that a master key gives at one engine."""
    return hashlib.new(protocol, master + engine_id + master).digest()


def _lengthened(key: bytes, size: int, protocol: AuthProtocol) -> bytes:
    while len(key) < size:
        key += hashlib.new(protocol, key).digest()
    return key[:size]
