"""People and machines that may ask: accounts, sessions, tokens, and sign-ins that failed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "accounts",
        sa.Column("site_id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("created", _TIME, nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("site_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("began", _TIME, nullable=False),
        sa.Column("active", _TIME, nullable=False),
        sa.Column("confirmed", _TIME, nullable=False),
        sa.Index("ix_sessions_of_account", "site_id", "name"),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("site_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("created", _TIME, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires", _TIME, nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.Index("ix_tokens_digest", "digest", unique=True),
    )
    op.create_table(
        "failed_sign_ins",
        sa.Column("sequence", _KEY, primary_key=True, autoincrement=True),
        sa.Column("site_id", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Index("ix_failed_sign_ins", "site_id", "subject", "at"),
    )


def downgrade() -> None:
    """Refuse: who did what is kept under these names."""
    raise NotImplementedError("accounts are kept")
