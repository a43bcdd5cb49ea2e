"""What reloads have led to, as a queue with a deadline: called by the tests of this folder."""

from __future__ import annotations

import queue

from schillinger_plugins import PluginManager
from schillinger_plugins.events import Event
from schillinger_plugins.versions import Reload

DEADLINE_S = 20.0


class Outcomes:
    """The reports of a manager's reloads, in their order."""

    def __init__(self, manager: PluginManager) -> None:
        self._queue: queue.SimpleQueue[Reload] = queue.SimpleQueue()
        self._undo = manager.events.subscribe(None, self._on_event)

    def next(self, *, of: str = "probe") -> Reload:
        """The next one, waited for; it must be about that plugin."""
        report = self._queue.get(timeout=DEADLINE_S)
        assert report.plugin_id == of, report
        return report

    def rest(self) -> list[Reload]:
        """Those that nobody has looked at."""
        found = []
        while not self._queue.empty():
            found.append(self._queue.get())
        return found

    def close(self) -> None:
        """Be told no more."""
        self._undo()

    def _on_event(self, event: Event) -> None:
        if (report := event.data.get("report")) is not None:
            self._queue.put(report)
