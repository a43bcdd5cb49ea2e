"""Allowance: how often a plugin asks, and how many of its requests are under way.

Owns the counting, for one plugin and over all its workers: a plugin that ends its worker doesn't begin anew. Called by
`Broker`.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Iterator

_MINUTE_S = 60.0


class TooOften(Exception):
    """More requests in a minute than may be."""


class TooManyAtOnce(Exception):
    """More requests under way than may be."""


class Allowance:
    """Counts the requests of one plugin."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun_s: deque[float] = deque()
        self._running = 0

    @classmethod
    def of(cls, plugin_id: str) -> Allowance:
        """The one that all brokers of that plugin share in this process."""
        with _lock:
            return _allowances.setdefault(plugin_id, cls())

    def count(self, per_minute: int) -> None:
        """Count a request.

        Raises
        ------
        TooOften
        """
        now_s = time.monotonic()
        with self._lock:
            while self._begun_s and now_s - self._begun_s[0] >= _MINUTE_S:
                self._begun_s.popleft()
            if len(self._begun_s) >= per_minute:
                raise TooOften
            self._begun_s.append(now_s)

    @contextlib.contextmanager
    def place(self, at_once: int) -> Iterator[None]:
        """Hold one of the places for requests under way. Nobody waits for one: a plugin that floods is told so.

        Raises
        ------
        TooManyAtOnce
        """
        with self._lock:
            if self._running >= at_once:
                raise TooManyAtOnce
            self._running += 1
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1


_lock = threading.Lock()
_allowances: dict[str, Allowance] = {}
