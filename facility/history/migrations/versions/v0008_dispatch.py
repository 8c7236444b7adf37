"""Dispatch: the mode of a site, lock-outs, tests of reversion, and what was written of each recommendation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _make_postures()
    _make_lock_outs()
    _make_tests()
    _make_applications()
    _make_targets()


def _make_postures() -> None:
    op.create_table(
        "dispatch_postures",
        sa.Column("site_id", sa.String(64), primary_key=True),
        sa.Column("mode", sa.String(16), nullable=False),
        *(
            column
            for what in ("mode", "suspended", "vetoed")
            for column in (
                sa.Column(f"{what}_by", sa.Text()),
                sa.Column(f"{what}_reason", sa.Text()),
                sa.Column(f"{what}_at", _TIME),
            )
        ),
    )


def _make_lock_outs() -> None:
    op.create_table(
        "lock_outs",
        sa.Column("site_id", sa.String(64), primary_key=True),
        sa.Column("equipment", sa.String(255), primary_key=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("until", _TIME, nullable=False),
    )


def _make_tests() -> None:
    op.create_table(
        "reversion_tests",
        sa.Column("site_id", sa.String(64), primary_key=True),
        sa.Column("point", sa.String(255), primary_key=True),
        sa.Column("heartbeat", sa.String(64), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("expires", _TIME, nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("within_s", sa.Double(), nullable=False),
        sa.Column("took_s", sa.Double()),
        sa.Column("note", sa.Text(), nullable=False),
    )


def _make_applications() -> None:
    op.create_table(
        "applications",
        sa.Column("recommendation_id", sa.String(64), sa.ForeignKey("recommendations.id"), primary_key=True),
        sa.Column("site_id", sa.String(64), nullable=False),
        sa.Column("equipment", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("unit", sa.String(32), nullable=False),
        sa.Column("saving_kw", sa.Double(), nullable=False),
        sa.Column("saving_low_kw", sa.Double(), nullable=False),
        sa.Column("saving_high_kw", sa.Double(), nullable=False),
        sa.Column("ordered_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ordered_at", _TIME, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("measured", sa.Text(), nullable=False),
        sa.Index("ix_applications_state", "site_id", "state"),
    )


def _make_targets() -> None:
    owner = sa.ForeignKey("applications.recommendation_id")
    op.create_table(
        "application_targets",
        sa.Column("recommendation_id", sa.String(64), owner, primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("point", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("before", sa.Double()),
        sa.Column("note", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    """Refuse: what was written, and who ordered it, is kept."""
    raise NotImplementedError("what was written, and who ordered it, is kept")
