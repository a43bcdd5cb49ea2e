"""How what a plugin prints and logs becomes lines.

Owns the form of what is logged: level, message, then what was given as ``extra``, as ``key=value``; and the notice that
there is something to read, which goes along with a call's answer. Called by `boot` and `serve`.
"""

from __future__ import annotations

import io
import logging
import sys
from typing import Any

import msgspec

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Pipe(io.FileIO):
    """The way to the host's log; whoever writes past it is read a little later."""

    wrote = False

    def write(self, data: Any) -> int:
        """Write, and note that it was."""
        Pipe.wrote = True
        return super().write(data)


def said() -> bool:
    """Whether anything was printed or logged since this was asked last."""
    was, Pipe.wrote = Pipe.wrote, False
    return was


class _Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """One line; a traceback follows it, if there is one."""
        pairs = "".join(f" {key}={_told(value)}" for key, value in vars(record).items() if key not in _STANDARD)
        text = super().format(record)
        first, newline, rest = text.partition("\n")
        return f"{first}{pairs}{newline}{rest}"


def logger(name: str) -> logging.Logger:
    """The logger of a plugin: every level, to its log."""
    log = logging.getLogger(name)
    log.setLevel(logging.DEBUG)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line("%(levelname)s %(message)s"))
    log.addHandler(handler)
    return log


def _told(value: object) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError, RecursionError):
        return repr(value)
