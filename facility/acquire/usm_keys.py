"""Keys of SNMPv3's user-based security: from a pass phrase to the keys of one engine.

Sources: RFC 3414 A.2 (SHA-1), RFC 7860 (SHA-2), RFC 3826 (AES-128), draft-blumenthal-aes-usm-04 (AES-256 from a shorter digest).
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pyasn1.type.univ import OctetString
from pysnmp.proto.secmod.rfc3414 import localkey

from facility.errors import SecretError

AuthProtocol = Literal["SHA1", "SHA224", "SHA256", "SHA384", "SHA512"]
PrivProtocol = Literal["AES128", "AES256"]

# protocol -> bytes of the message digest that are sent
MAC_BYTES: dict[AuthProtocol, int] = {"SHA1": 12, "SHA224": 16, "SHA256": 24, "SHA384": 32, "SHA512": 48}
_KEY_BYTES: dict[PrivProtocol, int] = {"AES128": 16, "AES256": 32}
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


@functools.lru_cache(maxsize=64)  # a megabyte is hashed for each, and a site's devices share few pass phrases
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
    return bytes(localkey.hash_passphrase(phrase, _digest(protocol)))


def localised(master: bytes, engine_id: bytes, protocol: AuthProtocol) -> bytes:
    """Return the key that a master key gives at one engine."""
    return bytes(localkey.localize_key(master, OctetString(engine_id), _digest(protocol)))


def _digest(protocol: AuthProtocol) -> Callable[..., Any]:
    return functools.partial(hashlib.new, protocol)


def _lengthened(key: bytes, size: int, protocol: AuthProtocol) -> bytes:
    while len(key) < size:
        key += hashlib.new(protocol, key).digest()
    return key[:size]
