"""The tables of a review, as SQLAlchemy sees them; `migrations/` makes them. Both are append-only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from facility.history.journal_tables import Base, Sequence_, UtcTime


class EndorsementRow(Base):
    """The approval of one person of a recommendation that asks for two."""

    __tablename__ = "endorsements"
    sequence: Mapped[int] = mapped_column(Sequence_, primary_key=True, autoincrement=True)
    recommendation_id: Mapped[str] = mapped_column(ForeignKey("recommendations.id"), index=True)
    actor: Mapped[str] = mapped_column(Text)
    persons: Mapped[str] = mapped_column(Text)  # JSON: the names by which the person is known
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcTime)


class CommentRow(Base):
    """What somebody had to say about a recommendation."""

    __tablename__ = "recommendation_comments"
    sequence: Mapped[int] = mapped_column(Sequence_, primary_key=True, autoincrement=True)
    recommendation_id: Mapped[str] = mapped_column(ForeignKey("recommendations.id"), index=True)
    actor: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcTime)
