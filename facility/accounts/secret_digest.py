"""Secrets that cannot be guessed: made here, kept as a digest, which is enough for them and as fast as each request needs."""

from __future__ import annotations

import hashlib
import hmac
import secrets

_SECRET_BYTES = 32


def new_secret() -> str:
    """Return a secret of 256 bits."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def digest(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def csrf_of(secret: str) -> str:
    """Return what each write of a session carries beside its cookie: a page elsewhere cannot know it."""
    return hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest()
