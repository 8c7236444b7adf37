"""What seals SNMPv3 messages: AES in CFB mode (RFC 3826), and DES in CBC mode (RFC 3414, 8) for old agents.

A salt is never used twice with one key: AES counts 64 bits up from a random start, DES 32 beside the engine's boots.
"""

from __future__ import annotations

import secrets
from typing import Protocol

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.ciphers.modes import CBC

from facility.acquire.snmp.ber import WireError
from facility.acquire.snmp.usm_keys import PrivProtocol

SALT_BYTES = 8
_DES_BLOCK = 8


class PrivCipher(Protocol):
    """Seals and opens the scoped PDUs of one key."""

    def encrypt(self, plain: bytes, boots: int, time_s: int) -> tuple[bytes, bytes]:
        """Return (salt, sealed bytes)."""
        ...

    def decrypt(self, sealed: bytes, boots: int, time_s: int, salt: bytes) -> bytes:
        """Return the bytes that were sealed; with another key, noise."""
        ...


def priv_cipher(protocol: PrivProtocol, key: bytes) -> PrivCipher:
    """Return the cipher of a privacy protocol with its localised key."""
    return _Des(key) if protocol == "DES" else _Aes(key)


class _Aes:
    def __init__(self, key: bytes) -> None:
        self._aes = algorithms.AES(key)
        self._salt = secrets.randbits(64)

    def encrypt(self, plain: bytes, boots: int, time_s: int) -> tuple[bytes, bytes]:
        self._salt = (self._salt + 1) & 0xFFFFFFFFFFFFFFFF
        salt = self._salt.to_bytes(SALT_BYTES, "big")
        # CFB is a stream: there is never a rest to finalize.
        return salt, Cipher(self._aes, _cfb(boots, time_s, salt)).encryptor().update(plain)

    def decrypt(self, sealed: bytes, boots: int, time_s: int, salt: bytes) -> bytes:
        return Cipher(self._aes, _cfb(boots, time_s, _whole(salt))).decryptor().update(sealed)


def _cfb(boots: int, time_s: int, salt: bytes) -> CFB:
    return CFB((boots << 32 | time_s).to_bytes(8, "big") + salt)


class _Des:
    def __init__(self, key: bytes) -> None:
        self._des = TripleDES(key[:8] * 3)  # three times the same key: single DES
        self._mask = int.from_bytes(key[8:16], "big")
        self._count = secrets.randbits(32)

    def encrypt(self, plain: bytes, boots: int, time_s: int) -> tuple[bytes, bytes]:  # noqa: ARG002  # only AES uses the time
        self._count = (self._count + 1) & 0xFFFFFFFF
        salt = (boots << 32 | self._count).to_bytes(SALT_BYTES, "big")
        padded = plain + bytes(-len(plain) % _DES_BLOCK)
        return salt, Cipher(self._des, self._cbc(salt)).encryptor().update(padded)

    def decrypt(self, sealed: bytes, boots: int, time_s: int, salt: bytes) -> bytes:  # noqa: ARG002
        if len(sealed) % _DES_BLOCK:
            raise WireError("sealed with DES, but not in whole blocks")
        return Cipher(self._des, self._cbc(_whole(salt))).decryptor().update(sealed)

    def _cbc(self, salt: bytes) -> CBC:
        return CBC((int.from_bytes(salt, "big") ^ self._mask).to_bytes(_DES_BLOCK, "big"))


def _whole(salt: bytes) -> bytes:
    if len(salt) != SALT_BYTES:
        raise WireError("a salt of wrong length")
    return salt
