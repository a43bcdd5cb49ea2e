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
    where = programs()
    assert where is not None, "PostgreSQL is missing; `make test` installs it"
    data, sockets = folder / "data", folder / "s"
    sockets.mkdir()
    as_user: dict[str, object] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        os.chown(sockets, nobody.pw_uid, nobody.pw_gid)
        as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(where / program), *arguments], check=True, stdout=subprocess.DEVNULL, cwd=folder, timeout=60, **as_user
        )

    run("initdb", "--pgdata", str(data), "--username", "tests", "--auth", "trust", "--no-sync", "--encoding", "UTF8")
    options = f"-c listen_addresses='' -c unix_socket_directories={sockets} -c fsync=off"
    run("pg_ctl", "start", "--wait", "--pgdata", str(data), "--log", str(folder / "log"), "--options", options)
    try:
        yield f"postgresql://tests@/{{database}}?host={sockets}"
    finally:
        run("pg_ctl", "stop", "--wait", "--pgdata", str(data), "--mode", "immediate")
