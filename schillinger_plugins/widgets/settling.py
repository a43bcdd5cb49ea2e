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
    """

    def __init__(self, act: Callable[[], None], *, after_s: float) -> None:
        self._act = act
        self._after_s = after_s
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def touch(self) -> None:
        """Something has changed: wait anew."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(self._after_s, self._act)
            self._timer.daemon = True
            self._timer.start()

    def forget(self) -> None:
        """Don't act on what has changed so far."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    def wait(self, timeout_s: float) -> None:
        """Until it has acted on the last change, if there is one."""
        timer = self._timer
        if timer is not None and timer is not threading.current_thread():
            timer.join(timeout_s)
