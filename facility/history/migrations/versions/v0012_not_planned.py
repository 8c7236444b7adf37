"""Why an accepted event of the grid is not planned for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("grid_events", sa.Column("not_planned", sa.Text()))
