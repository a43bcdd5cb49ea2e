"""Errands: what a page asked for and takes longer than a blink, one after the other.

Owns a queue and one thread, which ends when the queue is empty. Asked for twice, a thing is done once; of more than anybody
asks for, the rest is forgotten. Called by ``widget``.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

MAX_WAITING = 200

_log = logging.getLogger(__name__)


class Errands:
    """Done in the order in which they were asked for."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._changed = threading.Condition()
        self._waiting: dict[str, Callable[[], None]] = {}
        self._thread: threading.Thread | None = None

    def send(self, key: str, errand: Callable[[], None]) -> None:
        """Have something done; if the same one is waiting already, this one in its place."""
        with self._changed:
            if key not in self._waiting and len(self._waiting) >= MAX_WAITING:
                return
            self._waiting[key] = errand
            if self._thread is None:
                self._thread = threading.Thread(target=self._go, name=self._name, daemon=True)
                self._thread.start()

    def wait(self, timeout_s: float) -> bool:
        """Wait until all are done. Returns whether they are."""
        with self._changed:
            return self._changed.wait_for(lambda: self._thread is None, timeout_s)

    def end(self) -> None:
        """Forget those that haven't begun."""
        with self._changed:
            self._waiting.clear()

    def _go(self) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._thread = None
                    self._changed.notify_all()
                    return
                key = next(iter(self._waiting))
                errand = self._waiting.pop(key)
            try:
                errand()
            except Exception:  # nobody waits for it here
                _log.exception("%s failed at %s", self._name, key[:100])
