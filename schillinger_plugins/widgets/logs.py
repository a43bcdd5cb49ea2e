"""LogsWidget: what plugins print and log, as it comes.

Owns the last lines, numbered, and the messages that bring them to the views; no line enters the synced state. A flood
costs the older lines, which are counted. Refuses to guess at a level where the text doesn't tell. Holds its manager weakly.
Called by ``%plugin logs``.
"""

from __future__ import annotations

import html
import weakref
from collections import deque
from typing import TYPE_CHECKING, Any

import traitlets

from .bundle import BundledWidget
from .contract import read, tell
from .contract.logs import Leave, Line, Lines, Look, ToKernel
from .pulse import Pulse

if TYPE_CHECKING:
    from ..manager import PluginManager
    from ..sandbox.log import LogLine

MAX_LINES = 10_000
MAX_AT_ONCE = 2_000
"""New lines of one second; older ones of them are dropped."""
LINES_PER_MESSAGE = 500
PERIOD_S = 0.5

_OVERLAP_S = 1.0


class Tailing:
    """The last lines of a manager's log, each seen once.

    Attributes
    ----------
    lines : deque of Line
        At most `MAX_LINES`.
    dropped : int
        Lines that had to make room or came too fast.
    """

    def __init__(self) -> None:
        self.lines: deque[Line] = deque(maxlen=MAX_LINES)
        self.dropped = 0
        self._count = 0
        self._newest_s = 0.0
        self._near: dict[int, LogLine] = {}
        """By identity, those so young that others may still come before them."""

    def take(self, found: list[LogLine]) -> list[Line]:
        """The lines that are new among those that there are, oldest first."""
        fresh: list[LogLine] = []
        near: dict[int, LogLine] = {}
        for line in reversed(found):
            if line.time_s < self._newest_s - _OVERLAP_S:
                break
            near[id(line)] = line
            if id(line) not in self._near:
                fresh.append(line)
        fresh.reverse()
        limit = MAX_AT_ONCE if self._count else MAX_LINES
        self.dropped += max(0, len(fresh) - limit)
        self._near = near
        self._newest_s = max([self._newest_s, *(line.time_s for line in near.values())])
        told = [self._line(line) for line in fresh[-limit:]]
        self.dropped += max(0, len(self.lines) + len(told) - MAX_LINES)
        self.lines.extend(told)
        return told

    def _line(self, line: LogLine) -> Line:
        self._count += 1
        return Line(
            number=self._count,
            time_s=line.time_s,
            plugin=line.plugin_id,
            instance=line.instance_id,
            level=line.level,
            text=line.text,
        )


class LogsWidget(BundledWidget):
    """The log, live.

    Parameters
    ----------
    manager : PluginManager
    plugin_id : str, optional
        Whose lines; everybody's if empty.
    text : str, optional
        The lines so far, for where no widget runs.

    Examples
    --------
    >>> LogsWidget(manager, "gain_node")  # doctest: +SKIP
    """

    plugin = traitlets.Unicode("").tag(sync=True)
    ended = traitlets.Bool(False).tag(sync=True)

    def __init__(self, manager: PluginManager, plugin_id: str = "", *, text: str = "") -> None:
        self._manager = weakref.ref(manager)
        self._text = text or "Log: run the cell to see it"
        self._tailing = Tailing()
        super().__init__(bundle="logs", plugin=plugin_id)
        self._plugin_id = plugin_id
        self._pulse = Pulse(self._beat, name="schillinger-logs", period_s=PERIOD_S)
        weakref.finalize(self, self._pulse.end).atexit = False

    @property
    def is_live(self) -> bool:
        """Whether somebody looks and there is something to see."""
        return self._pulse.is_beating

    def close(self) -> None:
        """Called by ipywidgets, and by people: no view is left."""
        pulse = getattr(self, "_pulse", None)
        if pulse is not None:
            pulse.end()
        super().close()

    def on_request(self, content: dict[str, Any]) -> None:
        """What a page says; see ``contract.logs``."""
        message = read(ToKernel, content)
        if isinstance(message, Look):
            self._pulse.look(message.view)
            if message.new:
                with self._turn:
                    self._take()
                    self._tell([line for line in self._tailing.lines if line.number > message.after])
        elif isinstance(message, Leave):
            self._pulse.leave(message.view)

    def _beat(self) -> bool:
        with self._turn:
            told = self._take()
            if told is None:
                return False
            self._tell(told)
        return True

    def _take(self) -> list[Line] | None:
        """The new lines; None if no more can come."""
        manager = self._manager()
        if manager is None or manager.is_closed:
            self.ended = True
            return None
        # By the list of all: a plugin that was forgotten meanwhile has no more lines, and that is no error.
        lines = manager.logs()
        return self._tailing.take([one for one in lines if self._plugin_id in ("", one.plugin_id)])

    def _tell(self, lines: list[Line]) -> None:
        for start in range(0, max(1, len(lines)), LINES_PER_MESSAGE):
            part = lines[start : start + LINES_PER_MESSAGE]
            self.send(tell(Lines(lines=part, dropped=self._tailing.dropped)))

    def _ipython_display_(self) -> None:
        """Called by IPython: the live log, and the lines so far beside it for where no widget runs."""
        from .display import draw_node

        draw_node(self, f"<pre>{html.escape(self._text)}</pre>")
        self._pulse.display()

    def __repr__(self) -> str:
        return self._text
