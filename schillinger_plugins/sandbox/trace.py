"""What a plugin did, as its worker's audit hook and the host's broker tell it.

Owns the bounded record of events. Those of the worker are evidence, not proof: code inside it can forge them. Filled by the
watchdog's thread and by the broker, read by anyone.
"""

from __future__ import annotations

import os
import time
from collections import deque
from dataclasses import dataclass
from typing import Literal

import msgspec

from .printable import printable

MAX_EVENTS = 2000
MAX_CHARS = 500
_READ_BYTES = 64 * 1024
_LINES_PER_READ = 1000

KINDS = ("open", "import", "exec", "process", "file", "socket", "ctypes", "fetch")
_decoder = msgspec.json.Decoder(tuple[str, str])


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """One thing that a plugin did.

    Attributes
    ----------
    time_s : float
        When the host read it, as `time.time` gives it.
    kind : str
        open, import, exec, process, file, socket, ctypes or fetch.
    source : str
        ``worker``: told by the audit hook inside, which the plugin could deceive. ``host``: seen by the host itself.
    """

    time_s: float
    plugin_id: str
    instance_id: str
    kind: str
    what: str
    source: Literal["worker", "host"]


class Trace:
    """The last events of one instance, over all the workers it had.

    Attributes
    ----------
    shown_as : tuple of str
        The folder that the worker runs a copy in, and the one that is shown instead.
    bytes_read : int
        Everything the worker has told.
    """

    def __init__(self, plugin_id: str, instance_id: str) -> None:
        self.plugin_id = plugin_id
        self.instance_id = instance_id
        self.shown_as = ("", "")
        self.bytes_read = 0
        self._events: deque[TraceEvent] = deque(maxlen=MAX_EVENTS)
        self._rest = b""

    def events(self) -> list[TraceEvent]:
        """The events so far, oldest first."""
        return list(self._events)

    def add(self, kind: str, what: str) -> None:
        """Record what the host saw itself."""
        self._add(kind, what, "host")

    def drain(self, descriptor: int) -> bool:
        """Read once what there is; False when the writer has gone."""
        try:
            data = os.read(descriptor, _READ_BYTES)
        except BlockingIOError:
            return True
        self.bytes_read += len(data)
        *complete, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-_READ_BYTES:] if data else b""
        for line in complete[:_LINES_PER_READ]:  # an honest worker tells each event once
            try:
                kind, what = _decoder.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError):
                kind, what = "exec", "an entry that is none: the plugin writes to its own trace"
            if kind not in KINDS:
                kind = "exec"
            self._add(kind, what, "worker")
        return bool(data)

    def _add(self, kind: str, what: str, source: Literal["worker", "host"]) -> None:
        copy, original = self.shown_as
        text = printable(what.replace(copy, original) if copy else what)[:MAX_CHARS]
        self._events.append(TraceEvent(time.time(), self.plugin_id, self.instance_id, kind, text, source))
