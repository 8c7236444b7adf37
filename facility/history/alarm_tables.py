"""The tables of alarms, as SQLAlchemy sees them; `migrations/` makes them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from facility.history.journal_tables import Base, Sequence_, UtcTime


class AlarmRow(Base):
    """An alarm that was raised or held at least once: its facts, and its state beside them, to be asked for."""

    __tablename__ = "alarms"
    site_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    equipment: Mapped[str] = mapped_column(Text)
    condition: Mapped[str] = mapped_column(String(64))
    priority: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime | None] = mapped_column(UtcTime)
    active: Mapped[bool] = mapped_column(Boolean)
    awaits: Mapped[bool] = mapped_column(Boolean)
    acknowledged_by: Mapped[str | None] = mapped_column(Text)
    acknowledged_reason: Mapped[str | None] = mapped_column(Text)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcTime)
    suppressed_by: Mapped[str | None] = mapped_column(String(255))
    held: Mapped[str | None] = mapped_column(String(32))
    held_by: Mapped[str | None] = mapped_column(Text)
    held_reason: Mapped[str | None] = mapped_column(Text)
    held_at: Mapped[datetime | None] = mapped_column(UtcTime)
    held_until: Mapped[datetime | None] = mapped_column(UtcTime)


class AlarmMoveRow(Base):
    """A move of an alarm from one state to another: who, when and why. Append-only."""

    __tablename__ = "alarm_moves"
    __table_args__ = (Index("ix_alarm_moves_of", "site_id", "alarm_id"), Index("ix_alarm_moves_at", "site_id", "at"))
    sequence: Mapped[int] = mapped_column(Sequence_, primary_key=True, autoincrement=True)
    site_id: Mapped[str] = mapped_column(String(64))
    alarm_id: Mapped[str] = mapped_column(String(255))
    from_state: Mapped[str] = mapped_column(String(32))
    to_state: Mapped[str] = mapped_column(String(32))
    priority: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcTime)


class AlarmNoticeRow(Base):
    """A notice that is to reach somebody: stored with the move that it tells of, tried until it is taken."""

    __tablename__ = "alarm_notices"
    __table_args__ = (Index("ix_alarm_notices_due", "site_id", "channel", "settled", "due"),)
    sequence: Mapped[int] = mapped_column(Sequence_, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    site_id: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcTime)
    body: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer)
    due: Mapped[datetime] = mapped_column(UtcTime)
    settled: Mapped[datetime | None] = mapped_column(UtcTime)  # delivered, or given up
    error: Mapped[str | None] = mapped_column(Text)  # of the last attempt
