"""What runs, happenings and lines were made for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add a column to each; what a test suite did before can't be told from the rest."""
    for name in ("runs", "happenings", "lines"):
        op.add_column(name, sa.Column("purpose", sa.Text, nullable=False, server_default=""))
