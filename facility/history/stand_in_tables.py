"""The table of stand-ins, as SQLAlchemy sees it; `migrations/` makes it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Double, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from facility.history.journal_tables import Base, UtcTime


class StandInRow(Base):
    """A value that stood in for a point for a time; none is ever deleted."""

    __tablename__ = "stand_ins"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    site_id: Mapped[str] = mapped_column(String(64), index=True)
    point: Mapped[str] = mapped_column(String(256))
    value: Mapped[float | None] = mapped_column(Double)
    source: Mapped[str | None] = mapped_column(String(256))
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcTime)
    until: Mapped[datetime] = mapped_column(UtcTime)
    ended_by: Mapped[str | None] = mapped_column(Text)
    ended_reason: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
