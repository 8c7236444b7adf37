"""Alarms, how they came to their states, and the notices of them that are to reach somebody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _make_alarms()
    _make_moves()
    _make_notices()


def _make_alarms() -> None:
    op.create_table(
        "alarms",
        sa.Column("site_id", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(255), primary_key=True),
        sa.Column("equipment", sa.Text(), nullable=False),
        sa.Column("condition", sa.String(64), nullable=False),
        sa.Column("priority", sa.String(16), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("since", _TIME),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("awaits", sa.Boolean(), nullable=False),
        sa.Column("acknowledged_by", sa.Text()),
        sa.Column("acknowledged_reason", sa.Text()),
        sa.Column("acknowledged_at", _TIME),
        sa.Column("suppressed_by", sa.String(255)),
        sa.Column("held", sa.String(32)),
        sa.Column("held_by", sa.Text()),
        sa.Column("held_reason", sa.Text()),
        sa.Column("held_at", _TIME),
        sa.Column("held_until", _TIME),
    )


def _make_moves() -> None:
    op.create_table(
        "alarm_moves",
        sa.Column("sequence", _KEY, primary_key=True, autoincrement=True),
        sa.Column("site_id", sa.String(64), nullable=False),
        sa.Column("alarm_id", sa.String(255), nullable=False),
        sa.Column("from_state", sa.String(32), nullable=False),
        sa.Column("to_state", sa.String(32), nullable=False),
        sa.Column("priority", sa.String(16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Index("ix_alarm_moves_of", "site_id", "alarm_id"),
        sa.Index("ix_alarm_moves_at", "site_id", "at"),
    )


def _make_notices() -> None:
    op.create_table(
        "alarm_notices",
        sa.Column("sequence", _KEY, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("site_id", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", _TIME, nullable=False),
        sa.Column("settled", _TIME),
        sa.Column("error", sa.Text()),
        sa.Index("ix_alarm_notices_due", "site_id", "channel", "settled", "due"),
    )


def downgrade() -> None:
    """Refuse: who acknowledged and shelved what is kept."""
    raise NotImplementedError("alarms and who responded to them are kept")
