"""Database: where the journal lies, and how it is opened.

One SQLite file (``journal.db`` in the user's data folder, or the file that ``SCHILLINGER_JOURNAL`` names), or the
PostgreSQL database whose URL that variable holds. Several processes may use it at once, and one that is killed while it
writes leaves it sound: every change is one transaction, of a write-ahead log. Values reach SQL as bound parameters alone.
Refuses a file of a newer version, of another user or that is no journal, and says what to do. Base of `Journal`.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from ..errors import PluginError
from ..paths import shown

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, RootTransaction

ENVIRONMENT_VARIABLE = "SCHILLINGER_JOURNAL"

BUSY_MS = 5_000
"""How long another process is waited for."""

CONNECT_S = 5
"""How long a database server is."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_POSTGRESQL = re.compile(r"postgres(ql)?(\+psycopg)?://", re.IGNORECASE)


def journal_place() -> Path | str:
    """Where the journal of this user is: a file, or a URL."""
    named = os.environ.get(ENVIRONMENT_VARIABLE, "")
    if _URL.match(named.strip()):
        return named.strip()
    if named.strip():
        # No check here: a name that leads nowhere must not keep a manager from being made. Opening it says what is wrong.
        return Path(os.path.expanduser(named))
    return Path(platformdirs.user_data_dir("schillinger", appauthor=False)) / "journal.db"


class Database:
    """A journal's database, opened when it is first asked.

    Attributes
    ----------
    file : Path or None
        None if it is not a file.
    """

    def __init__(self, place: Path | str | None = None) -> None:
        self.place = place if place is not None else journal_place()
        self.file = self.place if isinstance(self.place, Path) else None
        self._is_own_folder = place is None and not os.environ.get(ENVIRONMENT_VARIABLE, "").strip()
        self._lock = threading.Lock()
        self._engine: Engine | None = None

    @property
    def name(self) -> str:
        """What people know it by; without the password."""
        if self.file is not None:
            return shown(self.file)
        from sqlalchemy import exc, make_url

        try:
            return make_url(str(self.place)).render_as_string(hide_password=True)
        except (exc.ArgumentError, ValueError):
            return "whose URL can't be read"

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with self._refusing(), self._opened().connect() as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: committed at its end, undone if something is raised."""
        with self._refusing(), self._opened().connect() as connection, turn_to_write(connection):
            yield connection

    def vacuum(self) -> None:
        """Give room that was freed back to the disk; a server does so by itself."""
        if self.file is None:
            return
        with self._refusing(), self._opened().connect() as connection:
            # Each step of it frees a page, and only executescript() steps to the end of what has no rows.
            driver: Any = connection.connection.driver_connection
            driver.executescript("PRAGMA incremental_vacuum")

    def _opened(self) -> Engine:
        from .migrations import demand_schema

        with self._lock:
            is_first = self._engine is None
            if self._engine is None:
                self._make_file()
                engine = _sqlite(self.file) if self.file is not None else _postgresql(str(self.place))
                demand_schema(engine, self.name)
                self._engine = engine
            elif self.file is not None and not self.file.exists():
                # Somebody has removed it meanwhile: begin again rather than write into a file without a name.
                self._make_file()
                demand_schema(self._engine, self.name)
            engine = self._engine
        if is_first:
            self._take_in()
        return engine

    def _take_in(self) -> None:
        """What processes have left that were killed; called when it is opened."""

    def _make_file(self) -> None:
        """The file, for nobody else to read; never opened here, since closing it would drop SQLite's locks on it."""
        if self.file is None:
            return
        folder = self.file.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._is_own_folder and stat.S_IMODE(folder.stat().st_mode) & 0o077:
            folder.chmod(0o700)
        with contextlib.suppress(FileExistsError):
            os.mknod(self.file, stat.S_IFREG | 0o600)
        found = self.file.stat()
        if not stat.S_ISREG(found.st_mode):
            raise PluginError(f"the journal {self.name} is no regular file", remedy=elsewhere())
        if found.st_uid != os.geteuid():
            # Who may write it decides what plugins may do to the one who reads it.
            raise PluginError(f"the journal {self.name} belongs to another user", remedy=elsewhere())
        if stat.S_IMODE(found.st_mode) & 0o077:
            self.file.chmod(0o600)

    @contextlib.contextmanager
    def _refusing(self) -> Iterator[None]:
        import sqlite3

        # By way of the whole: of two threads that begin at once, one with the whole and one with a part, both can fail.
        from sqlalchemy import exc

        try:
            yield
        except PluginError:
            raise
        except (exc.SQLAlchemyError, sqlite3.Error, OSError, UnicodeError) as error:
            cause = error.orig if isinstance(error, exc.DBAPIError) else error
            reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else cause
            if self.file is None:
                # A driver's words for what went wrong may quote the URL, and with it the password.
                said = f"{type(cause).__name__}" if "://" in str(reason) else str(reason).strip()
                raise PluginError(
                    f"the journal {self.name} can't be used: {said}",
                    remedy=f"see that the server answers and the user may create tables, or {elsewhere()}",
                ) from error
            remedy = f"check that {self.name} and its folder can be written and the disk has room"
            if isinstance(cause, sqlite3.DatabaseError) and not isinstance(cause, sqlite3.OperationalError):
                remedy = f"move {self.name} away and grant again what you want to"
            raise PluginError(
                f"the journal {self.name} can't be used: {reason}", remedy=f"{remedy}, or {elsewhere()}"
            ) from error


def turn_to_write(connection: Connection) -> RootTransaction:
    """Begin to write; of several processes, one after the other."""
    # From the beginning: a transaction that has read already is refused, not kept waiting, when it wants to write.
    return connection.execution_options(schillinger_begin="BEGIN IMMEDIATE").begin()


def elsewhere() -> str:
    """The remedy that is left where a journal can't be used."""
    return f"name another file in {ENVIRONMENT_VARIABLE}"


def _sqlite(file: Path) -> Engine:
    from sqlalchemy import URL, NullPool, create_engine, event

    # No connection outlives its transaction: none is carried into a fork, where two would share its locks.
    engine = create_engine(URL.create("sqlite", database=str(file)), poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not guessed by the driver
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # counts for a file that is new
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA trusted_schema = OFF")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("schillinger_begin", "BEGIN"))

    return engine


def _postgresql(url: str) -> Engine:
    from sqlalchemy import NullPool, create_engine, exc, make_url

    if not _POSTGRESQL.match(url):
        kind = url.partition("://")[0]
        raise PluginError(
            f"a journal is a file or a PostgreSQL database, not {kind}://…",
            remedy=f"write postgresql://user@host/database, or name a file, in {ENVIRONMENT_VARIABLE}",
        )
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):  # whose words may quote a part of the password
        raise PluginError(
            "the journal's URL can't be read",
            remedy=f"write postgresql://user:password@host/database, with %40 for an @ in the password, or {elsewhere()}",
        ) from None
    try:
        import psycopg
    except ImportError as error:
        raise PluginError(
            "a journal in PostgreSQL needs psycopg, which is not installed",
            remedy='pip install "schillinger_plugins[journal]"',
        ) from error
    assert psycopg
    return create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        poolclass=NullPool,
        connect_args={"connect_timeout": CONNECT_S, "application_name": "schillinger"},
    )
