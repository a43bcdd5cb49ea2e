"""Runs of flows, beside the calls that are their parts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add five columns; what ran before was a call."""
    op.add_column("runs", sa.Column("kind", sa.Text, nullable=False, server_default="call"))
    op.add_column("runs", sa.Column("name", sa.Text, nullable=False, server_default=""))
    for name in ("nodes_ran", "nodes_cached", "nodes_failed"):
        op.add_column("runs", sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))
