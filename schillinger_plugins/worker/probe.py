"""The self-test: try what a worker must not be able to do, and say what happened.

Owns the list of attempts. Run by the host at start-up in a confined worker; its answers decide the level that is shown, so
that what is reported is what was seen, not what was configured.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import socket
from collections.abc import Callable
from typing import Any

PLUGIN_ID = "__probe__"


def attempt(canary: str) -> dict[str, Any]:
    """Try everything.

    Parameters
    ----------
    canary : str
        A folder outside scratch with a file ``secret`` that must stay invisible and unchanged.

    Returns
    -------
    dict
        For each attempt, what the kernel answered, or an empty string if it let it through.
    """
    secret = os.path.join(canary, "secret")
    attempts: dict[str, Callable[[], object]] = {
        "read a file outside": lambda: _read(secret),
        "list a folder outside": lambda: os.listdir(canary),
        "write a file outside": lambda: os.close(os.open(secret, os.O_WRONLY)),
        "create a file outside": lambda: os.close(os.open(os.path.join(canary, "new"), os.O_WRONLY | os.O_CREAT)),
        "delete a file outside": lambda: os.unlink(secret),
        "change a file's mode outside": lambda: os.chmod(secret, 0o777),
        "change a file's times outside": lambda: os.utime(secret),
        "read the parent's environment": lambda: _read(f"/proc/{os.getppid()}/environ"),
        "open a TCP socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).close(),
        "open a UDP socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close(),
        "open a Unix socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).close(),
        "start a process": _fork,
        "run a program": lambda: os.execv("/bin/true", ["true"]),
        "signal another process": lambda: os.kill(os.getppid(), 0),
        "trace another process": lambda: _libc("ptrace", 16, os.getppid(), 0, 0),
        "make a namespace": lambda: _libc("unshare", 0x1000_0000),
        "share memory behind the limit": lambda: mmap.mmap(-1, 4096, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS).close(),
        "raise its own limits": _raise_limit,
        "use io_uring": lambda: _libc("syscall", 425, 1, ctypes.create_string_buffer(120)),
    }
    return {name: _answer(action) for name, action in attempts.items()}


def _answer(action: Callable[[], object]) -> str:
    try:
        action()
    except OSError as error:
        return os.strerror(error.errno or 0)
    except ValueError as error:
        return str(error)
    return ""


def _read(path: str) -> None:
    with open(path, "rb") as file:
        file.read(1)


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _raise_limit() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[0],) * 2)


def _libc(name: str, *arguments: Any) -> None:
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    if function(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)
