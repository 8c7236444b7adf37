"""The tables of people and machines that may ask, as SQLAlchemy sees them; `migrations/` makes them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from facility.history.journal_tables import Base, Sequence_, UtcTime


class AccountRow(Base):
    """A person at a site, with what is kept of the password: nothing where a provider signs the person in."""

    __tablename__ = "accounts"
    __table_args__ = (Index("ix_accounts_subject", "site_id", "issuer", "subject", unique=True),)
    site_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    enabled: Mapped[bool] = mapped_column(Boolean)
    must_change: Mapped[bool] = mapped_column(Boolean)
    created: Mapped[datetime] = mapped_column(UtcTime)
    password: Mapped[str] = mapped_column(Text)
    issuer: Mapped[str | None] = mapped_column(String(255))
    subject: Mapped[str | None] = mapped_column(String(255))


class SessionRow(Base):
    """A person's session, under the digest of its secret."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_of_account", "site_id", "name"),)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    site_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(64))
    began: Mapped[datetime] = mapped_column(UtcTime)
    active: Mapped[datetime] = mapped_column(UtcTime)
    confirmed: Mapped[datetime] = mapped_column(UtcTime)


class TokenRow(Base):
    """A machine's token, with the digest of its secret."""

    __tablename__ = "tokens"
    __table_args__ = (Index("ix_tokens_digest", "digest", unique=True),)
    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    site_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(UtcTime)
    created_by: Mapped[str] = mapped_column(Text)
    expires: Mapped[datetime] = mapped_column(UtcTime)
    revoked: Mapped[bool] = mapped_column(Boolean)


class FailedSignInRow(Base):
    """A sign-in that failed, or is being tried, by name or by address; old ones are removed."""

    __tablename__ = "failed_sign_ins"
    __table_args__ = (Index("ix_failed_sign_ins", "site_id", "subject", "at"),)
    sequence: Mapped[int] = mapped_column(Sequence_, primary_key=True, autoincrement=True)
    site_id: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(255))
    at: Mapped[datetime] = mapped_column(UtcTime)
