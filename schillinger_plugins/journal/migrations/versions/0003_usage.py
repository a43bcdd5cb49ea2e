"""What an instance's memory and queue were when a run had ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add three columns; of runs before them nothing is known."""
    op.add_column("runs", sa.Column("memory_bytes", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("growth_bytes_per_call", sa.Float, nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("waiting", sa.BigInteger, nullable=False, server_default="0"))
