"""The tables of switchbacks, as SQLAlchemy sees them; `migrations/` makes them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Double, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from facility.history.journal_tables import Base, UtcTime


class SwitchbackRow(Base):
    """A change that goes on and off by a timetable."""

    __tablename__ = "switchbacks"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    site_id: Mapped[str] = mapped_column(String(64), index=True)
    recommendation_id: Mapped[str] = mapped_column(ForeignKey("recommendations.id"))
    begins: Mapped[datetime] = mapped_column(UtcTime)
    pairs: Mapped[int] = mapped_column()
    block_h: Mapped[float] = mapped_column(Double)
    wash_out_h: Mapped[float] = mapped_column(Double)
    seed: Mapped[int] = mapped_column()
    by_hand: Mapped[bool] = mapped_column(Boolean)
    started_by: Mapped[str] = mapped_column(Text)
    started_reason: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    stopped_by: Mapped[str | None] = mapped_column(Text)
    stopped_reason: Mapped[str | None] = mapped_column(Text)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcTime)
    reached: Mapped[list[SwitchbackBlockRow]] = relationship(order_by="SwitchbackBlockRow.number", lazy="selectin")


class SwitchbackBlockRow(Base):
    """When a block was reached."""

    __tablename__ = "switchback_blocks"
    switchback_id: Mapped[str] = mapped_column(ForeignKey("switchbacks.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcTime)
