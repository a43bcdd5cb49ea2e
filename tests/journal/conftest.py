"""Journals to write into: a file and a PostgreSQL database, each new for every test."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from schillinger_plugins.journal import Journal, Ran

from .postgresql import server

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a server; ``{database}`` stands where the database's name belongs."""
    # Not below pytest's folder: the way there is closed to others than the one who runs the tests.
    with tempfile.TemporaryDirectory(prefix="sch-pg-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        inner = Path(folder) / "server"
        inner.mkdir()
        with server(inner) as url:
            yield url


@pytest.fixture
def database(postgresql: str) -> str:
    """The URL of an empty database."""
    name = f"journal_{next(_numbers)}"
    with psycopg.connect(postgresql.format(database="postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return postgresql.format(database=name)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a journal may lie."""
    if request.param == "sqlite":
        return tmp_path / "journal" / "journal.db"
    url: str = request.getfixturevalue("database")
    return url


@pytest.fixture
def book(place: Path | str) -> Journal:
    return Journal(place)


def ran(number: int = 1, **changes: object) -> Ran:
    """A run like many."""
    values: dict[str, object] = {
        "run_id": f"s-{number}",
        "at": f"2026-11-28T10:00:00.{number:03d}+00:00",
        "user": "ann",
        "session": "s",
        "plugin_id": "probe",
        "version": "1.0.0",
        "content_hash": "0" * 64,
        "instance_id": "probe-1",
        "method": "execute",
        "parameters": "{}",
        "config": "{}",
        "input_digests": "{}",
        "level": "full",
        "seed": 2**63 - 1,
        "calls": 1,
        "wall_s": 0.25,
        "cpu_s": 0.125,
        "peak_memory_bytes": 2**40,
        "outcome": "done",
    }
    return Ran(**{**values, **changes})  # type: ignore[arg-type]  # given by name
