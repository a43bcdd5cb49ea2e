"""Journal: what was granted to plugins and what was denied, on this machine, for good.

Owns one SQLite file (``journal.db`` in the user's data folder, or the file that ``SCHILLINGER_JOURNAL`` names), its
schema and its version. Several processes may use it at once, and one that is killed while it writes leaves it sound:
every change is one transaction of a write-ahead log. Values reach SQL as bound parameters alone. Refuses a file of a
newer version, of another user or that is no journal, and says what to do. Nothing is opened, and SQLAlchemy not imported,
before something is asked. Called by ``permissions``, which decides what an unusable journal means.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from .errors import InputError, PluginError
from .paths import demand_storable, shown

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, MetaData, RootTransaction, Table

ENVIRONMENT_VARIABLE = "SCHILLINGER_JOURNAL"
VERSION = 1
"""Of the schema, kept in the file as ``PRAGMA user_version``."""

BUSY_MS = 5_000
"""How long another process is waited for."""

MAX_DENIALS = 10_000
"""The oldest go: a job that is refused every minute must not fill the disk."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a user has granted one version of a plugin.

    Attributes
    ----------
    plugin_id, version, content_hash : str
        Of the code that it was granted to; it counts for no other.
    user : str
        Who granted it; it counts for nobody else.
    permission : str
        file_access or network.
    read, write : tuple of str
        Folders, absolute, with links followed.
    hosts : tuple of str
    reason : str
        Why the plugin asked, as its manifest said then.
    granted_at, ended_at : str
        As ISO 8601 in UTC; a grant that has not ended has an empty `ended_at`.
    """

    plugin_id: str
    version: str
    content_hash: str
    user: str
    permission: str
    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    reason: str = ""
    granted_at: str = ""
    ended_at: str = ""


@dataclass(frozen=True, kw_only=True)
class Denial:
    """A plugin that was refused what it asks for.

    Attributes
    ----------
    target : str
        The folders or hosts it asked for.
    """

    plugin_id: str
    version: str
    content_hash: str
    user: str
    permission: str
    target: str = ""
    denied_at: str = ""


def now() -> str:
    """The moment as the journal writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def journal_file() -> Path:
    """Where the journal of this user is."""
    named = os.environ.get(ENVIRONMENT_VARIABLE, "")
    if named.strip():
        # No check here: a name that leads nowhere must not keep a manager from being made. Opening it says what is wrong.
        return Path(os.path.expanduser(named))
    return Path(platformdirs.user_data_dir("schillinger", appauthor=False)) / "journal.db"


class Journal:
    """Reads and writes the journal. Safe to use from several threads.

    Parameters
    ----------
    file : Path, optional
        Another one than `journal_file`.

    Every method raises `PluginError`, with what to do, where the file can't be used.
    """

    def __init__(self, file: Path | None = None) -> None:
        self.file = file if file is not None else journal_file()
        self._is_own_folder = file is None and not os.environ.get(ENVIRONMENT_VARIABLE, "").strip()
        self._lock = threading.Lock()
        self._engine: Engine | None = None

    def add_grant(self, grant: Grant) -> Grant:
        """Write a grant; it takes the place of an earlier one of the same permission to the same code by the same user.

        Returns
        -------
        Grant
            As it was written, with its time.

        Raises
        ------
        InputError
            For text that can't be written.
        """
        row = _row(grant, granted_at=grant.granted_at or now(), ended_at=grant.ended_at)
        table = _tables().tables["grants"]
        key = ("plugin_id", "version", "content_hash", "user", "permission")
        with self._writing() as connection:
            same = [table.c[name] == row[name] for name in key]
            connection.execute(table.update().where(*same, table.c.ended_at == "").values(ended_at=row["granted_at"]))
            connection.execute(table.insert().values(row))
        return _grant(row)

    def grants(self, *, plugin_id: str | None = None, user: str | None = None, with_ended: bool = False) -> list[Grant]:
        """The grants of a plugin, or of all, oldest first."""
        table = _tables().tables["grants"]
        query = table.select().order_by(table.c.id)
        if plugin_id is not None:
            query = query.where(table.c.plugin_id == demand_storable(plugin_id, "the id"))
        if user is not None:
            query = query.where(table.c.user == user)
        if not with_ended:
            query = query.where(table.c.ended_at == "")
        with self._reading() as connection:
            return [_grant(row) for row in connection.execute(query).mappings()]

    def end_grants(self, plugin_id: str, *, user: str, permission: str | None = None) -> list[Grant]:
        """End a user's grants to a plugin, whatever its version; those that were ended."""
        table = _tables().tables["grants"]
        which = [
            table.c.plugin_id == demand_storable(plugin_id, "the id"),
            table.c.user == user,
            table.c.ended_at == "",
        ]
        if permission is not None:
            which.append(table.c.permission == demand_storable(permission, "the permission"))
        with self._writing() as connection:
            ended = [_grant(row) for row in connection.execute(table.select().where(*which)).mappings()]
            if ended:
                connection.execute(table.update().where(*which).values(ended_at=now()))
        return ended

    def add_denial(self, denial: Denial) -> None:
        """Write a denial."""
        row = _row(denial, denied_at=denial.denied_at or now())
        table = _tables().tables["denials"]
        with self._writing() as connection:
            number = connection.execute(table.insert().values(row)).inserted_primary_key
            if number is not None:
                connection.execute(table.delete().where(table.c.id <= number[0] - MAX_DENIALS))

    def denials(self, *, plugin_id: str | None = None, user: str | None = None) -> list[Denial]:
        """The denials of a plugin, or of all, oldest first."""
        table = _tables().tables["denials"]
        query = table.select().order_by(table.c.id)
        if plugin_id is not None:
            query = query.where(table.c.plugin_id == demand_storable(plugin_id, "the id"))
        if user is not None:
            query = query.where(table.c.user == user)
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [Denial(**{name: value for name, value in row.items() if name != "id"}) for row in rows]

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._refusing(), self._opened().connect() as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._refusing(), self._opened().connect() as connection, _turn_to_write(connection):
            yield connection

    def _opened(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self._make_file()
                engine = _engine(self.file)
                with engine.connect() as connection:
                    _demand_schema(connection, self.file)
                self._engine = engine
            elif not self.file.exists():
                # Somebody has removed it meanwhile: begin again rather than write into a file without a name.
                self._make_file()
                with self._engine.connect() as connection:
                    _demand_schema(connection, self.file)
            return self._engine

    def _make_file(self) -> None:
        """The file, for nobody else to read; never opened here, since closing it would drop SQLite's locks on it."""
        folder = self.file.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._is_own_folder and stat.S_IMODE(folder.stat().st_mode) & 0o077:
            folder.chmod(0o700)
        with contextlib.suppress(FileExistsError):
            os.mknod(self.file, stat.S_IFREG | 0o600)
        found = self.file.stat()
        if not stat.S_ISREG(found.st_mode):
            raise PluginError(f"the journal {shown(self.file)} is no regular file", remedy=_elsewhere())
        if found.st_uid != os.geteuid():
            # Who may write it decides what plugins may do to the one who reads it.
            raise PluginError(f"the journal {shown(self.file)} belongs to another user", remedy=_elsewhere())
        if stat.S_IMODE(found.st_mode) & 0o077:
            self.file.chmod(0o600)

    @contextlib.contextmanager
    def _refusing(self) -> Iterator[None]:
        import sqlite3

        from sqlalchemy.exc import DBAPIError, SQLAlchemyError

        try:
            yield
        except PluginError:
            raise
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else cause
            remedy = f"check that {shown(self.file)} and its folder can be written and the disk has room"
            if isinstance(cause, sqlite3.DatabaseError) and not isinstance(cause, sqlite3.OperationalError):
                remedy = f"move {shown(self.file)} away and grant again what you want to"
            raise PluginError(
                f"the journal {shown(self.file)} can't be used: {reason}", remedy=f"{remedy}, or {_elsewhere()}"
            ) from error


@cache
def _tables() -> MetaData:
    from sqlalchemy import Column, Index, Integer, MetaData, Table, Text

    metadata = MetaData()

    def table(name: str, *columns: str) -> Table:
        texts = [Column(column, Text, nullable=False) for column in columns]
        return Table(name, metadata, Column("id", Integer, primary_key=True), *texts)

    who = ("plugin_id", "version", "content_hash", "user", "permission")
    grants = table("grants", *who, "read", "write", "hosts", "reason", "granted_at", "ended_at")
    denials = table("denials", *who, "target", "denied_at")
    Index("grants_by_plugin", grants.c.plugin_id, grants.c.user)
    Index("denials_by_plugin", denials.c.plugin_id, denials.c.user)
    return metadata


def _engine(file: Path) -> Engine:
    from sqlalchemy import URL, create_engine, event
    from sqlalchemy.pool import NullPool

    # No connection outlives its transaction: none is carried into a fork, where two would share its locks.
    engine = create_engine(URL.create("sqlite", database=str(file)), poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not guessed by the driver
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA trusted_schema = OFF")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("schillinger_begin", "BEGIN"))

    return engine


def _turn_to_write(connection: Connection) -> RootTransaction:
    # From the beginning: a transaction that has read already is refused, not kept waiting, when it wants to write.
    return connection.execution_options(schillinger_begin="BEGIN IMMEDIATE").begin()


def _demand_schema(connection: Connection, file: Path) -> None:
    """Make the tables in a new file; refuse one of a newer version."""
    with connection.begin():
        found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if found > VERSION:
        raise PluginError(
            f"the journal {shown(file)} has version {found}, and this schillinger_plugins knows {VERSION}",
            remedy=f"update schillinger_plugins, or {_elsewhere()}",
        )
    if found == VERSION:
        return
    with _turn_to_write(connection):
        # Another process may have made them since; it asks for each before it makes it.
        _tables().create_all(connection, checkfirst=True)
        connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")


def _row(entry: Grant | Denial, **times: str) -> dict[str, str]:
    row = {}
    for name, value in {**vars(entry), **times}.items():
        text = json.dumps(value, ensure_ascii=False) if isinstance(value, tuple) else value
        row[name] = demand_storable(text, f"`{name}`")
    return row


def _grant(row: Any) -> Grant:
    values = {name: value for name, value in row.items() if name != "id"}
    for name in ("read", "write", "hosts"):
        try:
            listed = json.loads(values[name])
        except ValueError as error:
            raise InputError("the journal holds a grant that can't be read", remedy="grant it again") from error
        values[name] = tuple(map(str, listed))
    return Grant(**values)


def _elsewhere() -> str:
    return f"name another file in {ENVIRONMENT_VARIABLE}"
