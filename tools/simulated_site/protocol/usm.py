"""SNMPv3 user-based security: keys and their localisation (RFC 3414, RFC 7860), AES-128 privacy (RFC 3826)."""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

# protocol in the site file -> (hash, octets of the truncated digest)
AUTH = {
    "SHA1": ("sha1", 12),
    "SHA224": ("sha224", 16),
    "SHA256": ("sha256", 24),
    "SHA384": ("sha384", 32),
    "SHA512": ("sha512", 48),
}


@lru_cache(maxsize=32)
def localised_key(password: str, hash_name: str, engine_id: bytes) -> bytes:
    """Return the key of a password on one engine: the password repeated to a megabyte, hashed, then hashed with the engine."""
    octets = password.encode()
    megabyte = (octets * (1_048_576 // len(octets) + 1))[:1_048_576]
    key = hashlib.new(hash_name, megabyte).digest()
    return hashlib.new(hash_name, key + engine_id + key).digest()


@dataclass(frozen=True, slots=True)
class UsmUser:
    """A user with keys localised to one engine; no privacy key means authNoPriv."""

    name: bytes
    hash_name: str
    digest_octets: int
    auth_key: bytes
    priv_key: bytes | None

    def digest(self, message: bytes) -> bytes:
        """Return the truncated HMAC of a whole message whose digest field is zeros."""
        return hmac.new(self.auth_key, message, self.hash_name).digest()[: self.digest_octets]

    def encrypt(self, plain: bytes, boots: int, time_s: int) -> tuple[bytes, bytes]:
        """Return (salt, cipher text)."""
        salt = os.urandom(8)
        encryptor = self._cipher(boots, time_s, salt).encryptor()
        return salt, encryptor.update(plain) + encryptor.finalize()

    def decrypt(self, encrypted: bytes, boots: int, time_s: int, salt: bytes) -> bytes:
        """Return the plain text (or noise, under another key)."""
        decryptor = self._cipher(boots, time_s, salt).decryptor()
        return decryptor.update(encrypted) + decryptor.finalize()

    def _cipher(self, boots: int, time_s: int, salt: bytes) -> Cipher[CFB]:
        assert self.priv_key is not None
        return Cipher(algorithms.AES(self.priv_key), CFB(struct.pack(">II", boots, time_s) + salt))


def usm_user(name: str, auth_protocol: str, auth_password: str, priv_password: str | None, engine_id: bytes) -> UsmUser:
    """Return a user on an engine; privacy is AES-128, its key localised with the authentication hash."""
    hash_name, octets = AUTH[auth_protocol]
    priv_key = localised_key(priv_password, hash_name, engine_id)[:16] if priv_password else None
    return UsmUser(name.encode(), hash_name, octets, localised_key(auth_password, hash_name, engine_id), priv_key)
