"""Events name the key that they are made with, cannot be replaced on SQLite, and a lease elects who writes to devices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_APPEND_ONLY = ("transitions", "events")


def upgrade() -> None:
    """Add the column, the triggers and the table."""
    op.add_column("events", sa.Column("key_id", sa.String(32)))
    if op.get_bind().dialect.name == "sqlite":
        for table in _APPEND_ONLY:
            # INSERT OR REPLACE deletes a row without asking the trigger of DELETE.
            op.execute(
                f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608 - our own names
                f"WHEN EXISTS (SELECT 1 FROM {table} WHERE sequence = NEW.sequence) "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    op.create_table(
        "writer_leases",
        sa.Column("site_id", sa.String(64), primary_key=True),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("until", _TIME, nullable=False),
    )


def downgrade() -> None:
    """Refuse: what was made with a key stays so."""
    raise NotImplementedError("the audit trail is kept")
