"""Settling: acting on changes once they have come to rest.

Owns the timer that each change begins anew. Called by ``node``, whose slider is dragged through many values.
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Settling:
    """Acts, in a thread of its own, when nothing has changed for a while.

    Parameters
    ----------
    act : callable
    after_s : float
    lock : RLock
        Of whoever changes. It may be held by the one who waits.
    """

    def __init__(self, act: Callable[[], None], *, after_s: float, lock: threading.RLock) -> None:
        self._act = act
        self._after_s = after_s
        self._changed = threading.Condition(lock)
        self._timer: threading.Timer | None = None

    def touch(self) -> None:
        """Something has changed: wait anew."""
        with self._changed:
            if self._timer is not None:
                self._timer.cancel()
            timer = threading.Timer(self._after_s, lambda: self._go(timer))
            timer.daemon = True
            self._timer = timer
            timer.start()

    def forget(self) -> None:
        """Don't act on what has changed so far."""
        with self._changed:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
                self._changed.notify_all()

    def wait(self, timeout_s: float) -> None:
        """Until it has acted on the last change, if there is one."""
        with self._changed:
            self._changed.wait_for(lambda: self._timer is None, timeout_s)

    def _go(self, timer: threading.Timer) -> None:
        with self._changed:
            if self._timer is not timer:  # changed again, or forgotten, in the last moment
                return
            try:
                self._act()
            finally:
                self._timer = None
                self._changed.notify_all()
