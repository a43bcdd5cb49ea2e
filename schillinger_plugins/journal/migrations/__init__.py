"""Migrations: how a journal of an earlier version becomes one of this.

Owns the revisions (``versions/``, in alembic's way) and the decision what a database needs: a new one gets today's tables
at once, an older one is upgraded, in one transaction. Refuses one of a newer version. Called by ``database``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import PluginError
from ..tables import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
"""In their order, as the files in ``versions`` call themselves; the last is today's."""

HEAD = REVISIONS[-1]

_TABLE = "alembic_version"
_ONE_AT_A_TIME = 0x5C4111  # of PostgreSQL's advisory locks, the one of journals that are upgraded


def demand_schema(engine: Engine, name: str) -> None:
    """See that a database has today's tables.

    Parameters
    ----------
    name : str
        What people know the database by.

    Raises
    ------
    PluginError
        If it is of a newer version.
    """
    from ..database import elsewhere, turn_to_write

    with engine.connect() as connection, connection.begin():
        found = _revision(connection)
    if found == HEAD:
        return
    if found is not None and found not in REVISIONS:
        raise PluginError(
            f"the journal {name} has version {found[:32]}, and this schillinger_plugins knows {HEAD}",
            remedy=f"update schillinger_plugins, or {elsewhere()}",
        )
    with engine.connect() as connection, turn_to_write(connection):
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")
        # Another process may have been faster.
        found = _revision(connection)
        if found is None:
            tables().create_all(connection)
            connection.exec_driver_sql(f"CREATE TABLE {_TABLE} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
            connection.exec_driver_sql(f"INSERT INTO {_TABLE} VALUES ('{HEAD}')")  # noqa: S608 - a constant
        elif found != HEAD:
            upgrade(connection, found)


def upgrade(connection: Connection, found: str | None) -> None:
    """From one revision (None: from nothing) to today's, within the transaction of `connection`."""
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    if found is not None and MigrationContext.configure(connection).get_current_revision() is None:
        # A file from before revisions had a table.
        MigrationContext.configure(connection).stamp(ScriptDirectory.from_config(config), found)
    command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    from sqlalchemy import inspect

    there = set(inspect(connection).get_table_names())
    if _TABLE in there:
        return str(connection.exec_driver_sql(f"SELECT version_num FROM {_TABLE}").scalar_one())  # noqa: S608 - a constant
    # The first version counted in the file's own number.
    return REVISIONS[0] if "grants" in there else None
