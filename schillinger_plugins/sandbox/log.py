"""What a plugin printed and logged.

Owns the drained, capped record of a worker's standard output and error, and beside it the trace of what it did. A flood
costs the plugin its older lines, never the host its memory. Filled by the watchdog's thread, read by anyone.
"""

from __future__ import annotations

import os
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..behalf import Purpose, current
from ..schema.secrecy import hidden
from .printable import printable
from .trace import Trace

Level = Literal["debug", "info", "warning", "error", "host", ""]

MAX_LINES = 1000
MAX_LINE_CHARS = 2000
_READ_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a plugin.

    Attributes
    ----------
    time_s : float
        When the host read it, as `time.time` gives it.
    run_id : str
        Of the call during which, or right after which, it was read; empty before the first.
    version : str
        Of the plugin.
    user : str
        In whose name that call was made; empty: of whoever runs this process.
    purpose : str
        What it was made for.
    """

    time_s: float
    plugin_id: str
    instance_id: str
    text: str
    run_id: str = ""
    version: str = ""
    user: str = ""
    purpose: Purpose = ""

    @property
    def level(self) -> Level:
        """As far as its text tells: host for what the host says of the plugin, empty for what it printed."""
        found = _LEVEL.match(self.text)
        return _LEVELS.get(found[0], "error") if found is not None else ""


_LEVEL = re.compile(r"(DEBUG|INFO|WARNING|ERROR|CRITICAL)\b|(\[host\])|(Traceback \(most recent call last\))")
_LEVELS: dict[str, Level] = {
    "DEBUG": "debug",
    "INFO": "info",
    "WARNING": "warning",
    "ERROR": "error",
    "CRITICAL": "error",
    "[host]": "host",
}


class Log:
    """The last lines of one instance, over all the workers it had.

    Attributes
    ----------
    run_id, version, user, purpose : str
        What the next lines belong to.
    secrets : tuple of str
        What its lines are told without.
    on_line : callable or None
        Told of each line, by the thread that reads it.
    dropped : int
        Lines that had to make room.
    trace : Trace
        What it did.
    """

    def __init__(self, plugin_id: str, instance_id: str) -> None:
        self.plugin_id = plugin_id
        self.dropped = 0
        self.run_id = ""
        self.version = ""
        self.user = ""
        self.purpose = current().purpose
        self.secrets: tuple[str, ...] = ()
        self.on_line: Callable[[LogLine], object] | None = None
        self._bytes_read = 0
        self.trace = Trace(plugin_id, instance_id)
        self._lines: deque[LogLine] = deque(maxlen=MAX_LINES)
        self._rest = b""

    @property
    def instance_id(self) -> str:
        """Whose lines they are; settled when a worker that was started ahead gets its instance."""
        return self.trace.instance_id

    @instance_id.setter
    def instance_id(self, instance_id: str) -> None:
        self.trace.instance_id = instance_id

    @property
    def told_bytes(self) -> int:
        """Everything it has written so far to its log and its trace, what was dropped included."""
        return self._bytes_read + self.trace.bytes_read

    def lines(self) -> list[LogLine]:
        """The lines so far, oldest first."""
        return list(self._lines)

    def say(self, text: str) -> None:
        """Add a line of the host's own."""
        self._add(f"[host] {text}".encode())

    def drain(self, descriptor: int) -> bool:
        """Read once what there is; False when the writer has gone."""
        try:
            data = os.read(descriptor, _READ_BYTES)
        except BlockingIOError:
            return True
        if not data:
            if self._rest:
                self._add(self._rest)
                self._rest = b""
            return False
        self._bytes_read += len(data)
        *complete, rest = (self._rest + data).split(b"\n")
        self.dropped += max(0, len(complete) - MAX_LINES)
        for line in complete[-MAX_LINES:]:
            self._add(line)
        if len(rest) > MAX_LINE_CHARS:
            self._add(rest)
            rest = b""
        self._rest = rest
        return True

    def _add(self, line: bytes) -> None:
        if len(self._lines) == MAX_LINES:
            self.dropped += 1
        text = hidden(printable(line[: 4 * MAX_LINE_CHARS].decode("utf-8", "replace")), self.secrets)
        text = text if len(text) <= MAX_LINE_CHARS else text[: MAX_LINE_CHARS - 1] + "…"
        of_run = self.run_id, self.version, self.user, self.purpose
        read = LogLine(time.time(), self.plugin_id, self.instance_id, text, *of_run)
        self._lines.append(read)
        if self.on_line is not None:
            self.on_line(read)
