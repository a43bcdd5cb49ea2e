"""A PostgreSQL server of the tests' own: on a socket in a temporary folder, as a user that is not root."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path


def programs() -> Path | None:
    """The folder with ``initdb`` and ``pg_ctl``; Debian keeps them off the path."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name), default=None)


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    """The URL of a running server, without a database's name; it ends with the block."""
    sockets = folder / "s"
    sockets.mkdir()
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        os.chown(sockets, nobody.pw_uid, nobody.pw_gid)
    _run(folder, "initdb", "--username", "tests", "--auth", "trust", "--no-sync", "--encoding", "UTF8")
    start(folder)
    try:
        yield f"postgresql://tests@/{{database}}?host={sockets}"
    finally:
        stop(folder)


def start(folder: Path) -> None:
    """Begin the server in this folder, again if need be."""
    options = f"-c listen_addresses='' -c unix_socket_directories={folder / 's'} -c fsync=off"
    _run(folder, "pg_ctl", "start", "--wait", "--log", str(folder / "log"), "--options", options)


def stop(folder: Path) -> None:
    """End the server in this folder at once, as a crash does."""
    _run(folder, "pg_ctl", "stop", "--wait", "--mode", "immediate")


def _run(folder: Path, program: str, *arguments: str) -> None:
    where = programs()
    assert where is not None, "PostgreSQL is missing; `make test` installs it"
    as_user: dict[str, object] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}
    command = [str(where / program), "--pgdata", str(folder / "data"), *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, timeout=60, **as_user)
