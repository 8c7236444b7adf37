"""The journal's tables, as SQLAlchemy sees them; `migrations/` makes them."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# SQLite numbers rows by itself only in a column of type INTEGER.
Sequence_ = BigInteger().with_variant(Integer, "sqlite")


class UtcTime(TypeDecorator[datetime]):
    """Aware UTC times on every database; SQLite keeps them as sortable text without a zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; hand UTC to the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"time {value} has no zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Base(DeclarativeBase):
    """What all tables share."""


class PlanRow(Base):
    """A plan, as JSON; later ones have a larger `sequence`, whatever the clock did."""

    __tablename__ = "plans"
    sequence: Mapped[int] = mapped_column(Sequence_, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    site_id: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(UtcTime)
    correlation_id: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)


class RecommendationRow(Base):
    """A recommendation, as JSON in its first state, with its present state beside it."""

    __tablename__ = "recommendations"
    sequence: Mapped[int] = mapped_column(Sequence_, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.id"), index=True)
    state: Mapped[str] = mapped_column(String(16), index=True)
    expires: Mapped[datetime] = mapped_column(UtcTime)
    correlation_id: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)


class TransitionRow(Base):
    """A move of a recommendation from one state to another: who, when and why. Append-only."""

    __tablename__ = "transitions"
    sequence: Mapped[int] = mapped_column(Sequence_, primary_key=True, autoincrement=True)
    recommendation_id: Mapped[str] = mapped_column(ForeignKey("recommendations.id"), index=True)
    from_state: Mapped[str] = mapped_column(String(16))
    to_state: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcTime)
    correlation_id: Mapped[str | None] = mapped_column(String(64))


class WriteRow(Base):
    """A write to a device: stored before it is sent; its state, and what the device then reported, follow."""

    __tablename__ = "writes"
    __table_args__ = (Index("ix_writes_of_point", "site_id", "point", "at"),)
    sequence: Mapped[int] = mapped_column(Sequence_, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    site_id: Mapped[str] = mapped_column(String(64))
    point: Mapped[str] = mapped_column(Text)
    device: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcTime)
    value: Mapped[float] = mapped_column(Double)
    before: Mapped[float] = mapped_column(Double)
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    request: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), index=True)
    read_back: Mapped[float | None] = mapped_column(Double)
    note: Mapped[str] = mapped_column(Text)


class WritePointRow(Base):
    """How a writable point stands: who allowed it, whether somebody else has changed it. How it came to that, events tell."""

    __tablename__ = "write_points"
    site_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    point: Mapped[str] = mapped_column(String(255), primary_key=True)
    permit_actor: Mapped[str | None] = mapped_column(Text)
    permit_reason: Mapped[str | None] = mapped_column(Text)
    permit_at: Mapped[datetime | None] = mapped_column(UtcTime)
    permit_until: Mapped[datetime | None] = mapped_column(UtcTime)
    override_at: Mapped[datetime | None] = mapped_column(UtcTime)
    override_expected: Mapped[float | None] = mapped_column(Double)
    override_found: Mapped[float | None] = mapped_column(Double)
    cleared_at: Mapped[datetime | None] = mapped_column(UtcTime)


class ForecastRow(Base):
    """A forecast as it was issued: values and quantiles packed into `body`; see `forecast_codec`."""

    __tablename__ = "forecasts"
    __table_args__ = (Index("ix_forecasts_issued", "site_id", "quantity", "issued"),)
    sequence: Mapped[int] = mapped_column(Sequence_, primary_key=True, autoincrement=True)
    site_id: Mapped[str] = mapped_column(String(64))
    quantity: Mapped[str] = mapped_column(String(128))
    issued: Mapped[datetime] = mapped_column(UtcTime)
    begins: Mapped[datetime] = mapped_column(UtcTime)
    step_s: Mapped[float] = mapped_column(Double)
    source: Mapped[str] = mapped_column(Text)
    quantiles: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class EventRow(Base):
    """An event, as JSON, chained to the one before by its hash; `key_id` is none from before there was a key. Append-only."""

    __tablename__ = "events"
    sequence: Mapped[int] = mapped_column(Sequence_, primary_key=True, autoincrement=True)
    time: Mapped[datetime] = mapped_column(UtcTime, index=True)
    kind: Mapped[str] = mapped_column(String(128), index=True)
    body: Mapped[str] = mapped_column(Text)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    key_id: Mapped[str | None] = mapped_column(String(32))
