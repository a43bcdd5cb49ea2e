"""The attacks, and the world outside that they are after.

Owns what an attack file may say (`Attack`), who attacks (`User`), and what must not be reached (`Outside`: files with
secrets, listeners, plugins' folders), made anew before each attack and compared afterwards. Called by `harness`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import secrets
import select
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).parent
ATTACKS = HERE / "attacks"
USERS = ["root", "ordinary"]

_MAIN = """
import inspect, json, os
from types import SimpleNamespace
from schillinger_plugins.types import *
{imports}

class Attacker(NodePlugin):
    async def execute(self, inputs, parameters):
        if inputs["what"] == "rest":
            return {{"y": "fine"}}
        outside = SimpleNamespace(**json.loads(inputs["outside"]), plugin=self, scratch=os.getcwd())
        said = attack.attack(outside)
        return {{"y": await said if inspect.isawaitable(said) else said}}
    def get_node_definition(self):
        return {definition!r}
"""
_DEFINITION = {
    "type": "attacker",
    "label": "Attacker",
    "inputs": [
        {"name": "what", "type": "any", "required": False},
        {"name": "outside", "type": "any", "required": False},
    ],
    "outputs": [{"name": "y", "type": "any"}],
    "parameters": [],
}
_NEIGHBOUR = """
def attack(outside):
    import os, random, tempfile, uuid
    import numpy as np
    numbers = [random.random(), float(np.random.random()), next(tempfile._get_candidate_names()), uuid.uuid4().hex]
    with open("note", "w") as file: file.write(outside.note)
    print("here", flush=True)
    return {"scratch": outside.scratch, "pid": os.getpid(), "random": numbers}
"""


@dataclass(frozen=True)
class Attack:
    """One file of `attacks/`.

    What a file may say: ``attack(outside)``, which returns evidence of a breach or None; ``GROUP``; ``CONTROL`` (True,
    "root" where it needs privileges to succeed unconfined, or the reason why no control run is possible); ``LIMITS`` and
    ``CALLS`` of the call; ``ENDS``, the endings that are right (error names and names of limits; None stands for an
    orderly return); ``HOST_S`` and ``HOST_MB``, what it may cost the host; ``prepare(folder, outside)``, which arranges
    the plugin's folder; ``MAIN``, a main file instead of the usual one; ``NEEDS``, the machine it is written for;
    ``XFAIL``, why it is not yet fixed.
    """

    name: str
    module: ModuleType

    def __getattr__(self, name: str) -> Any:
        defaults: dict[str, Any] = {
            "GROUP": "",
            "CONTROL": False,
            "LIMITS": None,
            "CALLS": 1,
            "ENDS": None,
            "HOST_S": 15.0,
            "HOST_MB": 300.0,
            "MAIN": None,
            "MANIFEST": {},
            "NEEDS": None,
            "USABLE": True,
            "prepare": None,
            "PAUSE_S": 0.0,
            "HOST_CPU_S": 10.0,
            "PAUSE_WORKER_S": 2.8,
            "DOOR": "blocking",
        }
        return getattr(self.module, name, defaults[name])


def attacks() -> list[Attack]:
    """Every attack there is."""
    found = []
    sys.path.insert(0, str(HERE))  # they import `kernel`
    for path in sorted(ATTACKS.glob("[a-z]*.py")):
        spec = importlib.util.spec_from_file_location(f"escape_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found.append(Attack(path.stem, module))
    return found


@dataclass(frozen=True)
class User:
    """Who runs the host."""

    name: str
    uid: int
    python: Path

    @property
    def process_options(self) -> dict[str, Any]:
        """What `subprocess.Popen` must be told to become this user."""
        return {} if self.uid == os.getuid() else {"user": self.uid, "group": self.uid, "extra_groups": []}


class Outside:
    """What a plugin must not reach: made anew by `restore` before each attack."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.root = Path(tempfile.mkdtemp(prefix="outside-"))
        self.root.chmod(0o755)
        self.secrets = {
            name: f"SECRET-{name}-{secrets.token_hex(12)}"
            for name in ("file", "home", "environment", "memory", "neighbour")
        }
        self.folder, self.home, self.plugins = (self.root / name for name in ("canary", "home", "plugins"))
        self.scratch, self.dummies = self.root / "scratch", self.root / "dummies"
        self.listeners = Listeners(self.root / "listener")
        if user.uid != os.getuid():
            (self.root / "listener").chmod(0o777)
        self.restore()

    def restore(self) -> None:
        """As it was."""
        for path in (self.folder, self.plugins, self.scratch, self.dummies):
            subprocess.run(["rm", "-rf", str(path)], check=True)  # deeper than Python's own would go
            path.mkdir(mode=0o700)
        (self.folder / "secret").write_text(self.secrets["file"])
        (self.folder / "program").write_text("#!/bin/sh\necho ran\n")
        (self.folder / "below").mkdir()
        (self.folder / "below" / "deep").write_text(self.secrets["file"])
        for path in (self.folder / "secret", self.folder / "below" / "deep"):
            path.chmod(0o600)
            os.utime(path, ns=(10**18, 10**18))
        (self.folder / "program").chmod(0o700)
        for name in ("site-packages", "package"):
            (self.dummies / name).mkdir()
            (self.dummies / name / "module.py").write_text("x = 1\n")
        self.home.mkdir(exist_ok=True)
        for inner in _PRIVATE:
            path = self.home / inner
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists() or path.read_text() != self.secrets["home"]:
                path.write_text(self.secrets["home"])
                path.chmod(0o600)
        self._own(self.root)
        self._before = self._snapshot()

    def close(self) -> None:
        """Remove all of it."""
        self.listeners.close()
        subprocess.run(["rm", "-rf", str(self.root)], check=True)

    def facts(self, **more: Any) -> dict[str, Any]:
        """What an attacker is told: places and numbers, no secret."""
        return {
            "folder": str(self.folder),
            "secret": str(self.folder / "secret"),
            "program": str(self.folder / "program"),
            "home": str(self.home),
            "private": [str(self.home / inner) for inner in _PRIVATE],
            "numba_cache": str(self.home / ".cache" / "schillinger" / "numba"),
            **self.listeners.facts,
            **more,
        }

    def changes(self) -> list[str]:
        """What is different from before, and who called."""
        now = self._snapshot()
        found = [f"{path} is new: {now[path]}" for path in now.keys() - self._before.keys()]
        found += [f"{path} is gone" for path in self._before.keys() - now.keys()]
        found += [
            f"{path} was {self._before[path]}, is {now[path]}"
            for path in now.keys() & self._before.keys()
            if now[path] != self._before[path]
        ]
        return found + self.listeners.callers()

    def leaked(self, text: str) -> list[str]:
        """Which secrets stand in `text`."""
        return [f"the secret of the {name} came out" for name, secret in self.secrets.items() if secret in text]

    def environment(self) -> dict[str, str]:
        """Of the host: with a secret in it."""
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self.home),
            "TMPDIR": tempfile.gettempdir(),
            "AWS_SECRET_ACCESS_KEY": self.secrets["environment"],
            "ESCAPE_MEMORY": self.secrets["memory"],
            "ESCAPE_NEIGHBOUR": json.dumps({"note": self.secrets["neighbour"]}),
            **{name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ},
            **({"LD_LIBRARY_PATH": str(self.user.python.parents[1] / "lib")} if self.user.uid != os.getuid() else {}),
        }

    def plugin(self, attack: Attack | None, *, name: str) -> Path:
        """Write an attack as a plugin; the neighbour, if None."""
        folder = self.plugins / name
        folder.mkdir(parents=True)
        main = attack.MAIN if attack is not None else None
        (folder / "main.py").write_text(
            main if main is not None else _MAIN.format(imports="import attack", definition=_DEFINITION),
            encoding="utf-8",
        )
        if attack is None:
            (folder / "attack.py").write_text(_NEIGHBOUR)
        else:
            shutil.copyfile(ATTACKS / f"{attack.name}.py", folder / "attack.py")
        shutil.copyfile(HERE / "kernel.py", folder / "kernel.py")
        manifest = {
            "metadata": {
                "name": name,
                "version": "1.0.0",
                "description": "an attack",
                "author": "tests",
                "plugin_type": "NODE",
                "category": "Test",
                "dependencies": [],
                "requires_permissions": ["execute"],
            },
            "main_file": "main.py",
            "config_schema": {},
            "default_config": {},
            **(attack.MANIFEST if attack is not None else {}),
        }
        (folder / "plugin.json").write_text(json.dumps(manifest))
        if attack is not None and attack.prepare is not None:
            attack.prepare(folder, self)
        self._own(self.plugins)
        return folder

    def _own(self, root: Path) -> None:
        if self.user.uid == os.getuid():
            return
        owner = f"{self.user.uid}:{self.user.uid}"
        subprocess.run(["chown", "-Rh", owner, str(root)], check=True)  # deeper than os.walk would go

    def _snapshot(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for top in (self.folder, self.dummies, self.home):
            for folder, folders, files in os.walk(top):
                folders[:] = [name for name in folders if not (top == self.home and name == "schillinger")]
                for name in [*folders, *files]:
                    path = Path(folder, name)
                    about = path.lstat()
                    content = path.read_text(errors="replace")[:200] if stat.S_ISREG(about.st_mode) else ""
                    with contextlib.suppress(OSError):
                        content += str({key: os.getxattr(path, key) for key in os.listxattr(path)} or "")
                    times = about.st_mtime_ns if stat.S_ISREG(about.st_mode) else 0
                    found[str(path)] = (oct(about.st_mode), about.st_uid, about.st_nlink, times, content)
        return found


_PRIVATE = [
    ".ssh/id_ed25519",
    ".git-credentials",
    ".netrc",
    ".pypirc",
    ".aws/credentials",
    ".ipython/profile_default/history.sqlite",
    ".local/share/jupyter/runtime/kernel-1.json",
    ".local/share/jupyter/runtime/jpserver-1.json",
    ".bash_history",
    ".config/gh/hosts.yml",
]


class Listeners:
    """Sockets of every kind that a plugin must not reach."""

    def __init__(self, path: Path) -> None:
        self._path = path
        name = f"\0outside-{secrets.token_hex(6)}"
        self._stream = socket.socket()
        self._stream.bind(("127.0.0.1", 0))
        self._datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._datagram.bind(("127.0.0.1", 0))
        self._unix, self._abstract, self._unix_datagram = (
            socket.socket(socket.AF_UNIX, kind) for kind in (socket.SOCK_STREAM, socket.SOCK_STREAM, socket.SOCK_DGRAM)
        )
        self._unix.bind(str(path))
        self._abstract.bind(name)
        self._unix_datagram.bind(f"{path}-datagram")
        os.chmod(f"{path}-datagram", 0o777)
        self._all = [self._stream, self._datagram, self._unix, self._abstract, self._unix_datagram]
        for listener in (self._stream, self._unix, self._abstract):
            listener.listen(64)
        self.facts = {
            "tcp_port": self._stream.getsockname()[1],
            "udp_port": self._datagram.getsockname()[1],
            "unix_path": str(path),
            "unix_datagram_path": f"{path}-datagram",
            "abstract": name[1:],
        }

    def callers(self) -> list[str]:
        """Who has called since the last time."""
        found = []
        while ready := select.select(self._all, [], [], 0)[0]:
            for listener in ready:
                if listener.type == socket.SOCK_STREAM:
                    listener.accept()[0].close()
                else:
                    listener.recv(100)
                found.append(f"the listener at {listener.getsockname()!r} was called")
        return found

    def close(self) -> None:
        for listener in self._all:
            listener.close()
