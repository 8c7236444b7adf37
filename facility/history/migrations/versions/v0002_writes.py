"""Writes to devices, and how each writable point stands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "writes",
        sa.Column("sequence", _KEY, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("site_id", sa.String(64), nullable=False),
        sa.Column("point", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("before", sa.Double(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("read_back", sa.Double()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Index("ix_writes_of_point", "site_id", "point", "at"),
    )
    op.create_table(
        "write_points",
        sa.Column("site_id", sa.String(64), primary_key=True),
        sa.Column("point", sa.String(255), primary_key=True),
        sa.Column("permit_actor", sa.Text()),
        sa.Column("permit_reason", sa.Text()),
        sa.Column("permit_at", _TIME),
        sa.Column("permit_until", _TIME),
        sa.Column("override_at", _TIME),
        sa.Column("override_expected", sa.Double()),
        sa.Column("override_found", sa.Double()),
        sa.Column("cleared_at", _TIME),
    )


def downgrade() -> None:
    """Refuse: a journal is not thrown away."""
    raise NotImplementedError("who was allowed to write, and what was written, is kept")
