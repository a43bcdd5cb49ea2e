"""Telling: what has changed is told soon, and no more often than anybody can look.

Owns one thread, which begins when there is something to tell and ends when there is no more: of two hundred nodes that are
done within a blink comes one message. Refuses nothing. Called by ``widget``.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable

PERIOD_S = 0.08

_log = logging.getLogger(__name__)


class Telling:
    """Calls `tell` with the parts that were wanted since.

    Parameters
    ----------
    tell : bound method
        Of the widget; held weakly.
    name : str
        Of the thread.
    """

    def __init__(self, tell: Callable[[frozenset[str]], None], *, name: str, period_s: float = PERIOD_S) -> None:
        self._tell = weakref.WeakMethod(tell)
        self._name = name
        self._period_s = period_s
        self._changed = threading.Condition()
        self._wanted: set[str] = set()
        self._thread: threading.Thread | None = None
        self._ended = False

    def want(self, *parts: str) -> None:
        """Have these told. Returns at once; may be called from any thread, whatever it holds."""
        with self._changed:
            if self._ended:
                return
            self._wanted.update(parts)
            if self._thread is None:
                self._thread = threading.Thread(target=self._go, name=self._name, daemon=True)
                self._thread.start()

    def wait(self, timeout_s: float) -> bool:
        """Wait until all is told. Returns whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._thread is None, timeout_s)

    def end(self) -> None:
        """End for good."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _go(self) -> None:
        while True:
            with self._changed:
                if self._ended or not self._wanted:
                    # Under the lock: whoever wants something from now on begins another thread.
                    self._thread = None
                    self._changed.notify_all()
                    return
                parts = frozenset(self._wanted)
                self._wanted.clear()
            tell = self._tell()
            if tell is not None:
                try:
                    tell(parts)
                except Exception:  # what comes next is told even so
                    _log.exception("%s couldn't tell %s", self._name, sorted(parts))
            del tell
            with self._changed:
                self._changed.wait_for(lambda: self._ended, self._period_s)
