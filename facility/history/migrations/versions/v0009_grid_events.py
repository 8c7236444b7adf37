"""Events of the grid: how each stands, how it came to that, and the signed deliveries that brought them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _make_events()
    _make_moves()
    _make_deliveries()


def _make_events() -> None:
    op.create_table(
        "grid_events",
        sa.Column("number", _SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("site_id", sa.String(64), nullable=False),
        sa.Column("source", sa.String(255), nullable=False),
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("noticed", _TIME, nullable=False),
        sa.Column("received", _TIME, nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("opt", sa.String(8)),
        sa.Column("answered_by", sa.Text()),
        sa.Column("answered_reason", sa.Text()),
        sa.Column("answered_at", _TIME),
        sa.Column("baseline", sa.Text()),
        sa.UniqueConstraint("site_id", "source", "id", name="uq_grid_events_of_source"),
        sa.Index("ix_grid_events_state", "site_id", "state"),
    )


def _make_moves() -> None:
    op.create_table(
        "grid_event_moves",
        sa.Column("sequence", _SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("site_id", sa.String(64), nullable=False),
        sa.Column("event", _SEQUENCE, sa.ForeignKey("grid_events.number"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("from_state", sa.String(16)),
        sa.Column("to_state", sa.String(16), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Index("ix_grid_event_moves_of", "event"),
        sa.Index("ix_grid_event_moves_site", "site_id", "sequence"),
    )


def _make_deliveries() -> None:
    op.create_table(
        "hook_deliveries",
        sa.Column("site_id", sa.String(64), primary_key=True),
        sa.Column("sender", sa.String(64), primary_key=True),
        sa.Column("signature", sa.String(128), primary_key=True),
        sa.Column("key", sa.String(255)),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Index("ix_hook_deliveries_key", "site_id", "sender", "key"),
    )


def downgrade() -> None:
    """Refuse: what the grid asked, and who answered, is kept."""
    raise NotImplementedError("what the grid asked, and who answered, is kept")
