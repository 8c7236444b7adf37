"""Keys of SNMPv3's user-based security: from a pass phrase to the keys of one engine.

Sources: RFC 3414 A.2 (MD5, SHA-1), RFC 7860 (SHA-2), RFC 3826 (AES-128). Where a digest is shorter than the cipher's key, two
ways are in use to lengthen it: draft-blumenthal-aes-usm-04 hashes it on; draft-reeder-snmpv3-usm-3desede-00 takes it as the next
pass phrase, and Cisco and many UPS cards do so for AES as well.
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

AuthProtocol = Literal["MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512"]
PrivProtocol = Literal["DES", "AES128", "AES192", "AES256"]
KeyExtension = Literal["blumenthal", "reeder"]

# protocol -> bytes of the message digest that are sent
MAC_BYTES: dict[AuthProtocol, int] = {"MD5": 12, "SHA1": 12, "SHA224": 16, "SHA256": 24, "SHA384": 32, "SHA512": 48}
# DES: the key, and eight bytes for its initialisation vectors
_KEY_BYTES: dict[PrivProtocol, int] = {"DES": 16, "AES128": 16, "AES192": 24, "AES256": 32}
_SHORTEST = 8


@dataclass(frozen=True, slots=True, repr=False)
class UsmUser:
    """A user with the digests of its pass phrases; never shown.

    Without an `auth_protocol` its messages are neither signed nor sealed; without a `priv_master` they are signed only.
    """

    name: bytes
    auth_protocol: AuthProtocol | None = None
    auth_master: bytes = b""
    priv_protocol: PrivProtocol = "AES128"
    priv_master: bytes | None = None
    key_extension: KeyExtension = "blumenthal"

    def auth_key(self, engine_id: bytes) -> bytes | None:
        """Return the authentication key at an engine; None for a user without authentication."""
        if self.auth_protocol is None:
            return None
        return localised(self.auth_master, engine_id, self.auth_protocol)

    def priv_key(self, engine_id: bytes) -> bytes | None:
        """Return the privacy key at an engine; None for a user without privacy."""
        if self.auth_protocol is None or self.priv_master is None:
            return None
        key = localised(self.priv_master, engine_id, self.auth_protocol)
        size = _KEY_BYTES[self.priv_protocol]
        if self.key_extension == "reeder":
            return _reeder(key, size, engine_id, self.auth_protocol)
        return _blumenthal(key, size, self.auth_protocol)


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
    return _megabyte_digest(phrase, protocol)


def localised(master: bytes, engine_id: bytes, protocol: AuthProtocol) -> bytes:
    """Return the key that a master key gives at one engine."""
    return bytes(localkey.localize_key(master, OctetString(engine_id), _digest(protocol)))


def _blumenthal(key: bytes, size: int, protocol: AuthProtocol) -> bytes:
    while len(key) < size:
        key += hashlib.new(protocol, key).digest()
    return key[:size]


def _reeder(key: bytes, size: int, engine_id: bytes, protocol: AuthProtocol) -> bytes:
    while len(key) < size:
        key += localised(_megabyte_digest(key, protocol), engine_id, protocol)
    return key[:size]


def _megabyte_digest(phrase: bytes, protocol: AuthProtocol) -> bytes:
    return bytes(localkey.hash_passphrase(phrase, _digest(protocol)))


def _digest(protocol: AuthProtocol) -> Callable[..., Any]:
    return functools.partial(hashlib.new, protocol)
