"""Stand-ins: values entered by hand, or taken from another point, while a sensor is out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "stand_ins",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("site_id", sa.String(64), nullable=False),
        sa.Column("point", sa.String(256), nullable=False),
        sa.Column("value", sa.Double()),
        sa.Column("source", sa.String(256)),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.Column("ended_by", sa.Text()),
        sa.Column("ended_reason", sa.Text()),
        sa.Column("ended_at", _TIME),
        sa.Index("ix_stand_ins_site_id", "site_id"),
    )


def downgrade() -> None:
    """Refuse: what people entered, and why, is kept."""
    raise NotImplementedError("what people entered, and why, is kept")
