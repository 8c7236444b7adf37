"""Approvals of recommendations that ask for two people, and comments; both append-only by triggers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _make(
        "endorsements", sa.Column("persons", sa.Text(), nullable=False), sa.Column("reason", sa.Text(), nullable=False)
    )
    _make("recommendation_comments", sa.Column("text", sa.Text(), nullable=False))


def _make(table: str, *own: sa.Column[str]) -> None:
    of = sa.ForeignKey("recommendations.id")
    op.create_table(
        table,
        sa.Column("sequence", _KEY, primary_key=True, autoincrement=True),
        sa.Column("recommendation_id", sa.String(64), of, nullable=False, index=True),
        sa.Column("actor", sa.Text(), nullable=False),
        *own,
        sa.Column("at", _TIME, nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def downgrade() -> None:
    """Refuse: who approved and said what is kept."""
    raise NotImplementedError("approvals and comments are kept")
