"""Runs, happenings and lines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "runs",
        sa.Column("id", _ID, primary_key=True),
        *_texts("run_id", "at", "user", "session", "plugin_id", "version", "content_hash", "instance_id", "method"),
        *_texts("parameters", "config", "input_digests", "level"),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("wall_s", sa.Float, nullable=False),
        sa.Column("cpu_s", sa.Float, nullable=False),
        sa.Column("peak_memory_bytes", sa.BigInteger, nullable=False),
        *_texts("outcome", "error_kind", "error"),
    )
    op.create_index("runs_by_plugin", "runs", ["plugin_id", "at"])
    op.create_index("runs_by_time", "runs", ["at"])
    op.create_index("runs_by_run", "runs", ["run_id"])
    op.create_table(
        "happenings",
        sa.Column("id", _ID, primary_key=True),
        *_texts("at", "user", "session", "name", "plugin_id", "version", "content_hash", "instance_id", "detail"),
    )
    op.create_index("happenings_by_time", "happenings", ["at"])
    op.create_table(
        "lines",
        sa.Column("id", _ID, primary_key=True),
        *_texts("at", "user", "session", "run_id", "plugin_id", "version", "instance_id", "level", "text"),
    )
    op.create_index("lines_by_time", "lines", ["at"])
    op.create_index("lines_by_run", "lines", ["run_id"])


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]
