"""Accounts of people whom an OpenID Connect provider signs in, by its name for each of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; accounts that there are have passwords, and stay as they are."""
    op.add_column("accounts", sa.Column("issuer", sa.String(255)))
    op.add_column("accounts", sa.Column("subject", sa.String(255)))
    op.create_index("ix_accounts_subject", "accounts", ["site_id", "issuer", "subject"], unique=True)


def downgrade() -> None:
    """Refuse: who did what is kept under these names."""
    raise NotImplementedError("accounts are kept")
