"""The tables of the grid's events, as SQLAlchemy sees them; `migrations/` makes them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from facility.history.journal_tables import Base, Sequence_, UtcTime


class GridEventRow(Base):
    """An event as its sender last told it, as JSON, and how it stands; `number` is what the site calls it."""

    __tablename__ = "grid_events"
    __table_args__ = (
        UniqueConstraint("site_id", "source", "id", name="uq_grid_events_of_source"),
        Index("ix_grid_events_state", "site_id", "state"),
    )
    number: Mapped[int] = mapped_column(Sequence_, primary_key=True, autoincrement=True)
    site_id: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(255))
    id: Mapped[str] = mapped_column(String(255))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    noticed: Mapped[datetime] = mapped_column(UtcTime)
    received: Mapped[datetime] = mapped_column(UtcTime)
    since: Mapped[datetime] = mapped_column(UtcTime)
    opt: Mapped[str | None] = mapped_column(String(8))
    answered_by: Mapped[str | None] = mapped_column(Text)
    answered_reason: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(UtcTime)
    baseline: Mapped[str | None] = mapped_column(Text)  # frozen at notice, as JSON
    not_planned: Mapped[str | None] = mapped_column(Text)  # why, of one that is accepted


class GridEventMoveRow(Base):
    """A move of an event from one state to another, or a revision of it: who, when and why. Append-only."""

    __tablename__ = "grid_event_moves"
    __table_args__ = (
        Index("ix_grid_event_moves_of", "event"),
        Index("ix_grid_event_moves_site", "site_id", "sequence"),
    )
    sequence: Mapped[int] = mapped_column(Sequence_, primary_key=True, autoincrement=True)
    site_id: Mapped[str] = mapped_column(String(64))
    event: Mapped[int] = mapped_column(ForeignKey("grid_events.number"))
    revision: Mapped[int] = mapped_column(Integer)
    from_state: Mapped[str | None] = mapped_column(String(16))
    to_state: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcTime)


class HookDeliveryRow(Base):
    """A signed delivery that was taken, kept while it could be sent again: by its signature, and by its sender's own key."""

    __tablename__ = "hook_deliveries"
    __table_args__ = (Index("ix_hook_deliveries_key", "site_id", "sender", "key"),)
    site_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    sender: Mapped[str] = mapped_column(String(64), primary_key=True)
    signature: Mapped[str] = mapped_column(String(128), primary_key=True)
    key: Mapped[str | None] = mapped_column(String(255))
    digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcTime)
    answer: Mapped[str] = mapped_column(Text)
