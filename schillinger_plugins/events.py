"""Events: what happens to plugins, told to whoever asked.

Owns the list of event names and the delivery. A subscriber that raises is logged and never reaches the emitter or the
other subscribers. Delivery is synchronous, in the emitter's thread, in the order of subscription; a subscriber that
is slow makes the emitter slow. Refuses names that are not in the list. Called by ``registry`` and ``manager``.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, get_args

from .errors import nearest

EventName = Literal[
    "registered",
    "unregistered",
    "loaded",
    "unloaded",
    "reloaded",
    "reload_failed",
    "instance_created",
    "instance_destroyed",
    "restarted",
    "slept",
    "collected",
    "executed",
    "failed",
    "leaks",
    "granted",
    "revoked",
    "uploaded",
]
EVENT_NAMES: tuple[str, ...] = get_args(EventName)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a plugin.

    ``reloaded`` and ``reload_failed`` bring the `Reload` along, as ``data["report"]``; ``failed`` the error's text, as
    ``data["error"]``, and the whole of it as ``data["failure"]`` if it was no interrupt. Without an instance it is a load
    that failed, of the plugin whose `Manifest` is ``data["manifest"]``, None if that is broken, and whose code was
    ``data["content_hash"]``, if it came so far. ``slept`` and ``collected`` tell the memory that was given back, as
    ``data["given_back_bytes"]``; ``leaks`` how fast it grows and how large it is; ``uploaded`` which code was sent to a
    server, as ``data["version"]`` and ``data["content_hash"]``, whatever is loaded.
    ``user`` says whose instance it happened to; empty: that of whoever runs this process.
    """

    name: EventName
    plugin_id: str
    instance_id: str | None = None
    data: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    user: str = ""


Subscriber = Callable[[Event], object]


class Events:
    """Subscriptions and their delivery. Safe to use from several threads.

    Examples
    --------
    >>> events = Events()
    >>> undo = events.subscribe("loaded", lambda event: print(event.plugin_id))
    >>> events.emit(Event("loaded", "gain_node"))
    gain_node
    >>> undo()
    >>> events.emit(Event("loaded", "gain_node"))
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscribers: dict[object, tuple[str | None, Subscriber]] = {}
        self._wanted: frozenset[str] = frozenset()

    def wants(self, name: EventName) -> bool:
        """Whether anyone would be told of it. Asked at every call, so it costs next to nothing."""
        return name in self._wanted

    def subscribe(self, name: EventName | None, callback: Subscriber) -> Callable[[], None]:
        """Call `callback` at every event of that name, or at every event if it is None.

        Returns
        -------
        callable
            The undo. Calling it again does nothing.

        Raises
        ------
        ValueError
            For a name that no event has.
        """
        if name is not None and name not in EVENT_NAMES:
            close = nearest(name, EVENT_NAMES)
            hint = f"did you mean {close!r}?" if close else f"events are {', '.join(EVENT_NAMES)}"
            raise ValueError(f"no event is called {name!r}; {hint}")
        token = object()
        with self._lock:
            self._subscribers[token] = (name, callback)
            self._look_again()

        def undo() -> None:
            with self._lock:
                self._subscribers.pop(token, None)
                self._look_again()

        return undo

    def emit(self, event: Event) -> None:
        """Tell everyone who asked. Never raises what a subscriber raises."""
        with self._lock:
            # A copy: a subscriber may subscribe or undo, and must not wait for itself.
            callbacks = [callback for name, callback in self._subscribers.values() if name in (None, event.name)]
        for callback in callbacks:
            try:
                callback(event)
            except Exception:
                _log.exception("a subscriber of %r failed for %s", event.name, event.plugin_id)

    def _look_again(self) -> None:
        names = {name for name, _ in self._subscribers.values()}
        self._wanted = frozenset(EVENT_NAMES if None in names else (name for name in names if name))
