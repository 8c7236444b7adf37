"""One way to a provider and back. The browser keeps one value; what proves that it is the same browser is derived from it.

Nothing is kept here, so that nobody can fill it: state, nonce and the verifier of PKCE are keyed digests of the browser's value,
under a key of this process. Who has not been sent off by us can make none of them, whatever value they choose.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from facility.accounts.secret_digest import new_secret

LASTS = timedelta(minutes=10)
_KEY = secrets.token_bytes(32)
_VALUE = re.compile(r"([0-9]{1,12})\.([0-9a-f]{64})?\.[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Flow:
    """A way there and back, by the value that the browser keeps."""

    value: str
    began: datetime
    session: str | None  # the digest of the secret of the session that is to be confirmed

    @property
    def state(self) -> str:
        """What comes back beside the code."""
        return self._derived(b"state")

    @property
    def nonce(self) -> str:
        """What the ID token repeats."""
        return self._derived(b"nonce")

    @property
    def verifier(self) -> str:
        """What the code is exchanged with (RFC 7636)."""
        return self._derived(b"verifier")

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier."""
        return _text(hashlib.sha256(self.verifier.encode()).digest())

    def is_of(self, state: str) -> bool:
        """Tell whether what came back belongs to this flow."""
        return hmac.compare_digest(self.state.encode(), state.encode())

    def _derived(self, what: bytes) -> str:
        return _text(hmac.digest(_KEY, what + b":" + self.value.encode(), "sha256"))


def begin_flow(now: datetime, session: str | None) -> Flow:
    """Return a new flow; with the digest of a session's secret, one that confirms it."""
    began = int(now.timestamp())
    return Flow(f"{began}.{session or ''}.{new_secret()}", datetime.fromtimestamp(began, UTC), session)


def resume_flow(value: str, now: datetime) -> Flow | None:
    """Return the flow of a browser's value; None where it has ended, or is none."""
    match = _VALUE.fullmatch(value)
    if match is None:
        return None
    began = datetime.fromtimestamp(int(match[1]), UTC)
    return Flow(value, began, match[2]) if timedelta(0) <= now - began < LASTS else None


def _text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
