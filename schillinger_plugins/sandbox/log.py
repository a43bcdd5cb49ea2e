"""What a plugin printed and logged.

Owns the drained, capped record of a worker's standard output and error. A flood costs the plugin its older lines, never
the host its memory. Filled by the watchdog's thread, read by anyone.
"""

from __future__ import annotations

import os
import time
from collections import deque
from dataclasses import dataclass

from .conversation import printable

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
    """

    time_s: float
    plugin_id: str
    instance_id: str
    text: str


class Log:
    """The last lines of one instance, over all the workers it had."""

    def __init__(self, plugin_id: str, instance_id: str) -> None:
        self.plugin_id = plugin_id
        self.instance_id = instance_id
        self.dropped = 0
        self._lines: deque[LogLine] = deque(maxlen=MAX_LINES)
        self._rest = b""

    def lines(self) -> list[LogLine]:
        """The lines so far, oldest first."""
        return list(self._lines)

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
        *complete, rest = (self._rest + data).split(b"\n")
        for line in complete:
            self._add(line)
        if len(rest) > MAX_LINE_CHARS:
            self._add(rest)
            rest = b""
        self._rest = rest
        return True

    def _add(self, line: bytes) -> None:
        if len(self._lines) == MAX_LINES:
            self.dropped += 1
        text = printable(line[: 4 * MAX_LINE_CHARS].decode("utf-8", "replace"))
        text = text if len(text) <= MAX_LINE_CHARS else text[: MAX_LINE_CHARS - 1] + "…"
        self._lines.append(LogLine(time.time(), self.plugin_id, self.instance_id, text))
