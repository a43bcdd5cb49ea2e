"""What the plugin does, as Python's audit events tell it.

Owns the list of events worth telling and the pipe they are told through, so that they outlive the worker. Each is told
once: the first time, not every time. This is evidence, not a wall: code inside the worker can forge it, and what goes
around Python's own functions isn't seen. Called by `boot`.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Callable
from typing import Any

import msgspec

MAX_EVENTS = 2000
_MAX_CHARS = 500

_KINDS = {
    "open": "open",
    "import": "import",
    "exec": "exec",
    "compile": "exec",
    "pickle.find_class": "exec",
    "os.system": "process",
    "subprocess.Popen": "process",
    **dict.fromkeys(
        ("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.kill", "os.killpg"), "process"
    ),
    **dict.fromkeys(("signal.pthread_kill", "sys.addaudithook", "sys.settrace", "sys.setprofile"), "process"),
    **dict.fromkeys(("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.chmod", "os.chown", "os.link"), "file"),
    **dict.fromkeys(("os.symlink", "os.truncate", "os.utime", "os.listdir", "os.scandir", "os.chdir"), "file"),
    **dict.fromkeys(("os.setxattr", "os.removexattr", "os.getxattr", "os.chflags", "shutil.rmtree"), "file"),
}
_BY_PREFIX = (("socket.", "socket"), ("ctypes.", "ctypes"), ("urllib.", "socket"), ("http.", "socket"))
_PATHS = frozenset({"open", "file"})


def begin(descriptor: int) -> None:
    """Tell events through `descriptor` from now on. Can't be undone."""
    os.set_blocking(descriptor, False)
    sys.addaudithook(_hook(descriptor))


def _hook(descriptor: int) -> Callable[[str, tuple[Any, ...]], None]:
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed = [path for path in sys.path if os.path.basename(path) in ("site-packages", "dist-packages")]
    libraries = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), package, *installed)
    kinds, told = dict(_KINDS), set[tuple[str, str]]()
    write, encode = os.write, msgspec.json.encode

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        kind = kinds.get(event)
        if kind is None:
            kind = next((kind for prefix, kind in _BY_PREFIX if event.startswith(prefix)), "")
            kinds[event] = kind
        if not kind or len(told) > MAX_EVENTS:
            return
        try:
            what = _tell(event, kind, arguments, libraries)
            if what and (kind, what) not in told:
                told.add((kind, what))
                line = kind, what
                if len(told) > MAX_EVENTS:
                    line = kind, f"and more: only the first {MAX_EVENTS} are told"
                try:
                    write(descriptor, encode(line) + b"\n")
                except BlockingIOError:  # the pipe is full: it is told if it comes again
                    told.discard((kind, what))
        except Exception:  # an odd argument: what is traced must not fail for it
            return

    return hook


def _tell(event: str, kind: str, arguments: tuple[Any, ...], libraries: tuple[str, ...]) -> str:
    """The event in words; nothing for what every import of a library does."""
    if event == "import":
        return str(arguments[0]).partition(".")[0][:_MAX_CHARS]
    if event == "exec":
        name = str(getattr(arguments[0], "co_filename", ""))
        return (
            "" if name.startswith((*libraries, "<frozen")) or name.endswith(".py") else f"code from {name[:_MAX_CHARS]}"
        )
    if event == "compile":
        name = str(arguments[1])
        return f"compile {name[:_MAX_CHARS]}" if name.startswith("<") else ""
    if kind in _PATHS:
        path = arguments[0]
        if not isinstance(path, (str, bytes, os.PathLike)):
            return ""
        text = os.fsdecode(path)
        mode = str(arguments[1] or "") if event == "open" else ""
        writes = any(letter in mode for letter in "wax+")
        if text.startswith(libraries) and not writes and event in ("open", "os.listdir", "os.scandir"):
            return ""
        return f"{event.removeprefix('os.')} {text}{' to write' if writes else ''}"[:_MAX_CHARS]
    return f"{event} {' '.join(_brief(argument) for argument in arguments)}"[:_MAX_CHARS]


def _brief(argument: Any) -> str:
    # Never repr() of an object of the plugin's: that would run its code inside the hook.
    if type(argument) in (str, bytes):
        return repr(argument[:200])
    if type(argument) in (int, float, bool, type(None)):
        return repr(argument)
    if type(argument) in (tuple, list):
        return "(" + ", ".join(_brief(item) for item in argument[:8]) + ")"
    return f"<{type(argument).__name__}>"
