"""Grants and denials."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_WHO = ("plugin_id", "version", "content_hash", "user", "permission")
_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the two tables."""
    _create("grants", *_WHO, "read", "write", "hosts", "reason", "granted_at", "ended_at")
    _create("denials", *_WHO, "target", "denied_at")
    op.create_index("grants_by_plugin", "grants", ["plugin_id", "user"])
    op.create_index("denials_by_plugin", "denials", ["plugin_id", "user"])


def _create(name: str, *texts: str) -> None:
    columns = [sa.Column(text, sa.Text, nullable=False) for text in texts]
    op.create_table(name, sa.Column("id", _ID, primary_key=True), *columns)
