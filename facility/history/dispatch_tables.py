"""The tables of dispatch, as SQLAlchemy sees them; `migrations/` makes them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Double, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from facility.history.journal_tables import Base, UtcTime


class DispatchPostureRow(Base):
    """The mode of a site and what holds it up. How it came to that, events tell."""

    __tablename__ = "dispatch_postures"
    site_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    mode: Mapped[str] = mapped_column(String(16))
    mode_by: Mapped[str | None] = mapped_column(Text)
    mode_reason: Mapped[str | None] = mapped_column(Text)
    mode_at: Mapped[datetime | None] = mapped_column(UtcTime)
    suspended_by: Mapped[str | None] = mapped_column(Text)
    suspended_reason: Mapped[str | None] = mapped_column(Text)
    suspended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    vetoed_by: Mapped[str | None] = mapped_column(Text)
    vetoed_reason: Mapped[str | None] = mapped_column(Text)
    vetoed_at: Mapped[datetime | None] = mapped_column(UtcTime)


class LockOutRow(Base):
    """Equipment that is locked out: by whom, why, until when."""

    __tablename__ = "lock_outs"
    site_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    equipment: Mapped[str] = mapped_column(String(255), primary_key=True)
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcTime)
    until: Mapped[datetime] = mapped_column(UtcTime)


class ReversionTestRow(Base):
    """The last test of a point's reversion."""

    __tablename__ = "reversion_tests"
    site_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    point: Mapped[str] = mapped_column(String(255), primary_key=True)
    heartbeat: Mapped[str] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcTime)
    expires: Mapped[datetime] = mapped_column(UtcTime)
    passed: Mapped[bool] = mapped_column(Boolean)
    within_s: Mapped[float] = mapped_column(Double)
    took_s: Mapped[float | None] = mapped_column(Double)
    note: Mapped[str] = mapped_column(Text)


class ApplicationRow(Base):
    """A recommendation that is written, or was."""

    __tablename__ = "applications"
    __table_args__ = (Index("ix_applications_state", "site_id", "state"),)
    recommendation_id: Mapped[str] = mapped_column(ForeignKey("recommendations.id"), primary_key=True)
    site_id: Mapped[str] = mapped_column(String(64))
    equipment: Mapped[str] = mapped_column(Text)
    quantity: Mapped[str] = mapped_column(Text)
    value: Mapped[float] = mapped_column(Double)
    unit: Mapped[str] = mapped_column(String(32))
    saving_kw: Mapped[float] = mapped_column(Double)
    saving_low_kw: Mapped[float] = mapped_column(Double)
    saving_high_kw: Mapped[float] = mapped_column(Double)
    ordered_by: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    ordered_at: Mapped[datetime] = mapped_column(UtcTime)
    state: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime] = mapped_column(UtcTime)
    why: Mapped[str] = mapped_column(Text)
    measured: Mapped[str] = mapped_column(Text)
    targets: Mapped[list[ApplicationTargetRow]] = relationship(
        order_by="ApplicationTargetRow.number", cascade="all, delete-orphan", lazy="selectin"
    )


class ApplicationTargetRow(Base):
    """One point of an application."""

    __tablename__ = "application_targets"
    recommendation_id: Mapped[str] = mapped_column(ForeignKey("applications.recommendation_id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    point: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    before: Mapped[float | None] = mapped_column(Double)
    note: Mapped[str] = mapped_column(Text)
