"""Two users, each with a host to attack and a victim for the control runs; made once a session."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness import Battlefield, Died, Host
from outside import Outside, User

_ORDINARY_UID = 61_234
"""Belongs to nobody: Debian gives out 1000 to 59999."""


@pytest.fixture(scope="session")
def users() -> Iterator[dict[str, User]]:
    """Who the attacks can be run as here."""
    me = User("root" if os.getuid() == 0 else "ordinary", os.getuid(), Path(sys.executable))
    found = {me.name: me}
    installed: Path | None = None
    if os.getuid() == 0:
        import installation

        installed = Path(tempfile.mkdtemp(prefix="readable-python-"))
        installed.chmod(0o755)
        found["ordinary"] = User("ordinary", _ORDINARY_UID, installation.make(installed))
    yield found
    if installed is not None:
        shutil.rmtree(installed, ignore_errors=True)


@pytest.fixture(scope="session")
def fields(users: dict[str, User]) -> Iterator[Callable[[str], Battlefield]]:
    """The battlefield of a user, anew if an attack has destroyed the last one."""
    made: dict[str, Battlefield] = {}

    def field(name: str) -> Battlefield:
        if name not in users:
            pytest.skip("only root can become another user")
        if name in made and made[name].host._process.poll() is not None:
            made.pop(name).close()
        if name not in made:
            made[name] = Battlefield.make(users[name])
        return made[name]

    yield field
    for one in made.values():
        one.close()


@pytest.fixture(scope="session")
def victims(users: dict[str, User]) -> Iterator[Callable[[str], tuple[Outside, Host]]]:
    """A world and a victim for the control runs of a user."""
    made: dict[str, tuple[Outside, Host]] = {}

    def victim(name: str) -> tuple[Outside, Host]:
        if name not in users:
            pytest.skip("only root can become another user")
        if name not in made:
            outside = Outside(users[name])
            made[name] = (outside, Host(outside, victim=True))
        outside, host = made[name]
        try:
            host.state = host.ask(do="state")
        except Died:
            host.close()
            made[name] = (outside, Host(outside, victim=True))
        return made[name]

    yield victim
    for outside, host in made.values():
        host.close()
        outside.close()
