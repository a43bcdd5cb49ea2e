"""Events of a flow: what changed, and how its run goes.

Owns the records and their delivery, in the thread where it happens (of a run: the run's own). A subscriber that raises is
logged and never reaches the run or the other subscribers.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..errors import PluginError

NodeState = Literal["idle", "queued", "running", "done", "cached", "failed", "blocked", "cancelled"]
EventKind = Literal["changed", "definitions", "begun", "node", "progress", "ended"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowEvent:
    """Something that happened to a flow.

    Attributes
    ----------
    kind : str
        changed: the graph is another one, its number in `revision`; definitions: a plugin was loaded, reloaded or has
        gone, so that ports and problems may be others; begun, ended: a run; node: how it stands with `node`; progress: of
        the whole run.
    node, state
        Of which node, and how it stands with it.
    progress : float
        0 to 1, of the node or of the run.
    eta_s : float or None
        Seconds that the run will probably take yet.
    message : str
        What the plugin says it does, or why a node failed or is blocked.
    wall_s : float or None
        What the node or the run took.
    error : PluginError or None
        Why a node failed.
    """

    kind: EventKind
    node: str = ""
    state: NodeState = "idle"
    progress: float = 0.0
    eta_s: float | None = None
    message: str = ""
    wall_s: float | None = None
    error: PluginError | None = None
    revision: int = 0


Subscriber = Callable[[FlowEvent], object]


class FlowEvents:
    """Subscriptions and their delivery. Safe to use from several threads.

    Examples
    --------
    >>> events = FlowEvents()
    >>> undo = events.subscribe(lambda event: print(event.kind))
    >>> events.emit(FlowEvent(kind="begun"))
    begun
    >>> undo()
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscribers: dict[object, Subscriber] = {}

    def subscribe(self, callback: Subscriber) -> Callable[[], None]:
        """Call `callback` at every event; returns the undo."""
        token = object()
        with self._lock:
            self._subscribers[token] = callback

        def undo() -> None:
            with self._lock:
                self._subscribers.pop(token, None)

        return undo

    def emit(self, event: FlowEvent) -> None:
        """Tell everyone who asked. Never raises what a subscriber raises."""
        with self._lock:
            callbacks = list(self._subscribers.values())
        for callback in callbacks:
            try:
                callback(event)
            except Exception:
                _log.exception("a subscriber of a flow failed at %r", event.kind)
