"""Logbook: what all plugins of a manager printed and did.

Owns the logs of the last instances of each plugin, ended ones included. Called by the manager.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from .log import Log, LogLine
from .trace import TraceEvent

_MAX_LOGS = 32
"""Instances of one plugin whose logs are kept."""


class Logbook:
    """The logs of plugins.

    Parameters
    ----------
    on_line : callable
        Told of every line.
    """

    def __init__(self, *, on_line: Callable[[LogLine], object]) -> None:
        self._on_line = on_line
        self._logs: dict[str, deque[Log]] = {}

    def keep(self, log: Log) -> None:
        """Take in the log of an instance."""
        log.on_line = self._on_line
        self._logs.setdefault(log.plugin_id, deque(maxlen=_MAX_LOGS)).append(log)

    def lines(self, plugin_id: str | None) -> list[LogLine]:
        """What one plugin printed and logged, or all of them, oldest first."""
        return sorted((line for log in self._of(plugin_id) for line in log.lines()), key=lambda line: line.time_s)

    def events(self, plugin_id: str | None) -> list[TraceEvent]:
        """What one plugin did, or all of them, oldest first."""
        return sorted(
            (event for log in self._of(plugin_id) for event in log.trace.events()), key=lambda event: event.time_s
        )

    def _of(self, plugin_id: str | None) -> list[Log]:
        return [log for of, logs in list(self._logs.items()) if plugin_id in (None, of) for log in logs]
