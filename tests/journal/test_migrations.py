"""A journal of an earlier version becomes one of today's and loses nothing."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from schillinger_plugins.errors import PluginError
from schillinger_plugins.journal import Grant, Journal
from schillinger_plugins.journal import database as room
from schillinger_plugins.journal.migrations import _ONE_AT_A_TIME, HEAD, REVISIONS, upgrade
from schillinger_plugins.journal.tables import tables

from .conftest import ran

GRANT = Grant(plugin_id="probe", version="1", content_hash="x", user="ann", permission="network", hosts=("a.org",))


def engine(place: Path | str) -> sqlalchemy.Engine:
    """Of the same database, without anything of the journal's."""
    if isinstance(place, Path):
        place.parent.mkdir(exist_ok=True)
        return sqlalchemy.create_engine(f"sqlite:///{place}")
    return sqlalchemy.create_engine(place.replace("postgresql://", "postgresql+psycopg://"))


def test_the_revisions_lead_to_todays_tables(place: Path | str) -> None:
    """From nothing through every revision: no column, type or index differs from those that are made at once."""
    with engine(place).begin() as connection:
        upgrade(connection, None)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables()) == []
        assert context.get_current_revision() == HEAD


def test_files_that_say_their_revision_follow_one_another() -> None:
    """The list that decides what is known names every file."""
    folder = Path(str(__import__("schillinger_plugins.journal.migrations", fromlist=["x"]).__file__)).parent
    assert tuple(sorted(file.name[:4] for file in (folder / "versions").glob("0*.py"))) == REVISIONS


def test_the_first_version_is_upgraded(tmp_path: Path) -> None:
    """A file from before there were revisions keeps its grants and takes runs."""
    file = tmp_path / "journal.db"
    Journal(file).add_grant(GRANT)
    with sqlite3.connect(file) as connection:
        for name in ("alembic_version", "runs", "happenings", "lines"):
            connection.execute(f"DROP TABLE {name}")
        connection.execute("PRAGMA user_version = 1")
    book = Journal(file)
    assert [grant.plugin_id for grant in book.grants()] == ["probe"]
    book.add([ran()])
    assert list(book.runs()) == [ran()]


def test_runs_of_earlier_versions_are_kept(place: Path | str) -> None:
    """What wasn't known then is 0; all of them were calls."""
    Journal(place).add([ran(memory_bytes=7, kind="flow", name="study", nodes_ran=1, nodes_cached=1, nodes_failed=1)])
    with engine(place).begin() as connection:
        for name in (
            *("memory_bytes", "growth_bytes_per_call", "waiting"),
            *("kind", "name", "nodes_ran", "nodes_cached", "nodes_failed", "traceback"),
        ):
            connection.exec_driver_sql(f"ALTER TABLE runs DROP COLUMN {name}")
        for name in ("runs", "happenings", "lines"):
            connection.exec_driver_sql(f"ALTER TABLE {name} DROP COLUMN purpose")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0002'")
    book = Journal(place)
    assert list(book.runs()) == [ran()]
    book.add([ran(2, memory_bytes=7)])
    assert [one.memory_bytes for one in book.runs()] == [0, 7]


def test_an_upgrade_that_fails_leaves_it_as_it_was(tmp_path: Path) -> None:
    """Half an upgrade would be neither version: what stands in its way is told, and nothing has changed."""
    file = tmp_path / "journal.db"
    Journal(file).add_grant(GRANT)
    with sqlite3.connect(file) as connection:
        for name in ("alembic_version", "runs", "happenings"):  # `lines` is in the way
            connection.execute(f"DROP TABLE {name}")
    with pytest.raises(PluginError, match="can't be used"):
        Journal(file).grants()
    with sqlite3.connect(file) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert names == {"grants", "denials", "lines"}


def test_who_comes_second_finds_the_tables_of_who_was_faster(
    place: Path | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between looking and its turn to write, another process has made them."""
    turn = room.turn_to_write

    def later(connection: sqlalchemy.Connection) -> sqlalchemy.RootTransaction:
        monkeypatch.setattr(room, "turn_to_write", turn)
        Journal(place).add([ran(1)])
        return turn(connection)

    monkeypatch.setattr(room, "turn_to_write", later)
    book = Journal(place)
    book.add([ran(2)])
    assert list(book.runs()) == [ran(1), ran(2)]


def test_a_server_makes_the_tables_of_one_process_at_a_time(database: str) -> None:
    """The others wait: two that made them at once would both fail."""
    made = threading.Thread(target=Journal(database).add, args=([ran()],))
    waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with engine(database).connect() as other:
        other.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")
        made.start()
        while made.is_alive() and not other.exec_driver_sql(waits).scalar():
            os.sched_yield()
        assert made.is_alive()
    made.join(30)
    assert list(Journal(database).runs()) == [ran()]


def test_a_newer_one_is_refused(place: Path | str) -> None:
    """It is left as it is, and the error says which version it has."""
    Journal(place).add([ran()])
    with engine(place).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(PluginError, match=r"version 9999.*update schillinger_plugins"):
        list(Journal(place).runs())
