"""Tokens of machines in the journal's database, by the digest of their secrets; each change with its event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine, select, tuple_
from sqlalchemy.orm import Session as Transaction

from facility.access import Permission, Token, UnknownAccountError
from facility.history.access_events import tell
from facility.history.account_tables import TokenRow
from facility.history.journal_database import journal_errors, writing


class SqlTokens:
    """The machines that may ask a site."""

    def __init__(self, engine: Engine, site_id: str) -> None:
        self._engine, self._site_id = engine, site_id

    def all(self, after: str | None = None, limit: int | None = None) -> Sequence[Token]:
        """Return tokens, also those that have ended, oldest first: all, or so many of those that come after one.

        Raises
        ------
        UnknownAccountError
            If there is no token that they come after.
        """
        own = select(TokenRow).where(TokenRow.site_id == self._site_id).order_by(TokenRow.created, TokenRow.id)
        with journal_errors("tokens not read"), Transaction(self._engine) as session:
            if after is not None:
                last = self._row(session, after)
                own = own.where(tuple_(TokenRow.created, TokenRow.id) > tuple_(last.created, last.id))
            return [_token(row) for row in session.scalars(own.limit(limit))]

    def find(self, digest: str) -> Token | None:
        """Return the token of a secret, also one that has ended."""
        wanted = select(TokenRow).where(TokenRow.site_id == self._site_id, TokenRow.digest == digest)
        with journal_errors("token not read"), Transaction(self._engine) as session:
            row = session.scalar(wanted)
            return None if row is None else _token(row)

    def add(self, token: Token, digest: str) -> None:
        """Keep a new token."""
        scopes = " ".join(sorted(token.scopes))
        detail = {"name": token.name, "scopes": scopes, "expires": token.expires.isoformat()}
        with journal_errors(f"token {token.name} not added"), writing(self._engine) as session:
            session.add(
                TokenRow(
                    id=token.id,
                    site_id=self._site_id,
                    name=token.name,
                    scopes=scopes,
                    digest=digest,
                    created=token.created,
                    created_by=token.created_by,
                    expires=token.expires,
                    revoked=False,
                )
            )
            self._tell(session, "added", token.id, token.created_by, token.created, **detail)

    def revoke(self, token_id: str, *, by: str, at: datetime) -> Token:
        """Let a token in no more.

        Raises
        ------
        UnknownAccountError
            If there is no such token.
        """
        with journal_errors(f"token {token_id} not revoked"), writing(self._engine) as session:
            row = self._row(session, token_id)
            if not row.revoked:
                row.revoked = True
                self._tell(session, "revoked", token_id, by, at, name=row.name)
            return _token(row)

    def _row(self, session: Transaction, token_id: str) -> TokenRow:
        row = session.get(TokenRow, token_id)
        if row is None or row.site_id != self._site_id:
            raise UnknownAccountError(f"there is no token {token_id!r}; `facility token list SITE` shows them")
        return row

    def _tell(self, session: Transaction, what: str, token_id: str, by: str, at: datetime, **detail: str) -> None:
        tell(session, self._site_id, f"token.{what}", subject=token_id, actor=by, at=at, detail=detail)


def _token(row: TokenRow) -> Token:
    scopes = frozenset(Permission(each) for each in row.scopes.split())
    return Token(row.id, row.name, scopes, row.created, row.created_by, row.expires, row.revoked)
