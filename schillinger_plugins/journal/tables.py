"""Tables: the shape of the journal.

Owns the columns, for SQLite and PostgreSQL alike. A change here needs a revision in ``migrations/versions``; a test
compares the two.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import MetaData


@cache
def tables() -> MetaData:
    """All tables; SQLAlchemy is imported when they are first asked for."""
    from sqlalchemy import BigInteger, Column, Float, Index, Integer, MetaData, Table, Text

    metadata = MetaData()
    number = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up by itself only what it calls INTEGER

    def table(name: str, *columns: Column[object]) -> Table:
        return Table(name, metadata, Column("id", number, primary_key=True), *columns)

    def purpose() -> Column[object]:
        return Column("purpose", Text, nullable=False, server_default="")

    def texts(*names: str) -> list[Column[object]]:
        return [Column(name, Text, nullable=False) for name in names]

    who = ("plugin_id", "version", "content_hash", "user", "permission")
    grants = table("grants", *texts(*who, "read", "write", "hosts", "reason", "granted_at", "ended_at"))
    denials = table("denials", *texts(*who, "target", "denied_at"))
    Index("grants_by_plugin", grants.c.plugin_id, grants.c.user)
    Index("denials_by_plugin", denials.c.plugin_id, denials.c.user)

    runs = table(
        "runs",
        *texts("run_id", "at", "user", "session", "plugin_id", "version", "content_hash", "instance_id", "method"),
        *texts("parameters", "config", "input_digests", "level"),
        Column("seed", BigInteger, nullable=False),
        Column("calls", BigInteger, nullable=False),
        Column("wall_s", Float, nullable=False),
        Column("cpu_s", Float, nullable=False),
        Column("peak_memory_bytes", BigInteger, nullable=False),
        *texts("outcome", "error_kind", "error"),
        Column("memory_bytes", BigInteger, nullable=False, server_default="0"),
        Column("growth_bytes_per_call", Float, nullable=False, server_default="0"),
        Column("waiting", BigInteger, nullable=False, server_default="0"),
        Column("kind", Text, nullable=False, server_default="call"),
        Column("name", Text, nullable=False, server_default=""),
        Column("nodes_ran", BigInteger, nullable=False, server_default="0"),
        Column("nodes_cached", BigInteger, nullable=False, server_default="0"),
        Column("nodes_failed", BigInteger, nullable=False, server_default="0"),
        purpose(),
        Column("traceback", Text, nullable=False, server_default=""),
    )
    Index("runs_by_plugin", runs.c.plugin_id, runs.c.at)
    Index("runs_by_time", runs.c.at)
    Index("runs_by_run", runs.c.run_id)

    happenings = table(
        "happenings",
        *texts("at", "user", "session", "name", "plugin_id", "version", "content_hash", "instance_id", "detail"),
        purpose(),
    )
    Index("happenings_by_time", happenings.c.at)

    lines = table(
        "lines",
        *texts("at", "user", "session", "run_id", "plugin_id", "version", "instance_id", "level", "text"),
        purpose(),
    )
    Index("lines_by_time", lines.c.at)
    Index("lines_by_run", lines.c.run_id)
    return metadata
