"""Tokens of machines: a secret that is shown once, scopes, an end, and revocation."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from facility.access import SCOPES, Permission, Token, WrongInputError
from facility.accounts.secret_digest import digest, new_secret
from facility.history.tokens import SqlTokens
from facility.ports import Clock

PREFIX = "facility_"  # so that scanners for leaked secrets can find it
DAYS, MOST_DAYS = 365, 1830
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._@-]{0,63}")
_ID_BYTES = 5


@dataclass(frozen=True, slots=True)
class Tokens:
    """Makes, finds and revokes tokens."""

    kept: SqlTokens
    clock: Clock

    def all(self, after: str | None = None, limit: int | None = None) -> Sequence[Token]:
        """Return tokens, also those that have ended, oldest first: all, or so many of those that come after one."""
        return self.kept.all(after, limit)

    def add(self, name: str, scopes: Iterable[Permission], by: str, days: int = DAYS) -> tuple[Token, str]:
        """Make a token; return it with its secret, which is kept nowhere."""
        wanted = frozenset(scopes)
        if not _NAME.fullmatch(name):
            raise WrongInputError(f"name {name[:64]!r}: up to 64 letters, digits, spaces and . _ @ -")
        if not wanted or not wanted <= SCOPES:
            raise WrongInputError(
                f"scopes: one or more of {', '.join(sorted(SCOPES))}; people and tokens are people's to make"
            )
        if not 1 <= days <= MOST_DAYS:
            raise WrongInputError(f"days: 1 to {MOST_DAYS}")
        now, secret = self.clock.now(), PREFIX + new_secret()
        token = Token(
            id=secrets.token_hex(_ID_BYTES),
            name=name,
            scopes=wanted,
            created=now,
            created_by=by,
            expires=now + timedelta(days=days),
            revoked=False,
        )
        self.kept.add(token, digest(secret))
        return token, secret

    def find(self, secret: str) -> Token | None:
        """Return the token of a secret, if it lets anybody in now."""
        found = self.kept.find(digest(secret))
        return found if found is not None and found.holds(self.clock.now()) else None

    def revoke(self, token_id: str, by: str) -> Token:
        """Let a token in no more."""
        return self.kept.revoke(token_id, by=by, at=self.clock.now())
