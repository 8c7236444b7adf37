"""Forecasts as they were issued."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "forecasts",
        sa.Column("sequence", _KEY, primary_key=True, autoincrement=True),
        sa.Column("site_id", sa.String(64), nullable=False),
        sa.Column("quantity", sa.String(128), nullable=False),
        sa.Column("issued", _TIME, nullable=False),
        sa.Column("begins", _TIME, nullable=False),
        sa.Column("step_s", sa.Double(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("quantiles", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Index("ix_forecasts_issued", "site_id", "quantity", "issued"),
    )


def downgrade() -> None:
    """Refuse: what was expected cannot be found out again."""
    raise NotImplementedError("forecasts as they were issued are kept")
