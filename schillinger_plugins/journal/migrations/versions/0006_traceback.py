"""Where a plugin failed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add a column; of failures before nothing is known but what they said."""
    op.add_column("runs", sa.Column("traceback", sa.Text, nullable=False, server_default=""))
