"""How what a plugin logs becomes a line.

Owns the form: level, message, then what was given as ``extra``, as ``key=value``. Called by `serve`.
"""

from __future__ import annotations

import logging
import sys

import msgspec

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


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
