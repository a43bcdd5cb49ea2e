"""Has instances that nobody calls collect their garbage, and then puts them to sleep.

Owns one thread, begun with the first instance, and the time after which an instance counts as idle. Called by the manager.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import MutableMapping

from .instance import Instance

_LOOKS_PER_IDLE_TIME = 4
_log = logging.getLogger(__name__)


class Caretaker:
    """Looks after instances.

    Parameters
    ----------
    instances : MutableMapping
        Those of a manager, as they come and go.
    idle_s : float
        How long an instance may be idle.
    """

    def __init__(self, instances: MutableMapping[str, Instance], *, idle_s: float) -> None:
        self._instances = instances
        self._idle_s = idle_s
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Start to look, unless that has begun."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=_look, args=(weakref.ref(self), self._ending), name="schillinger-caretaker", daemon=True
            )
            self._thread.start()

    def end(self) -> None:
        """Stop looking."""
        self._ending.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(5.0)

    def look(self) -> int:
        """Put the idle ones to sleep now; how many."""
        slept = 0
        for instance in list(self._instances.values()):
            try:
                if instance.rest_if_idle(self._idle_s):
                    slept += 1
                else:
                    instance.collect_if_idle(self._idle_s / _LOOKS_PER_IDLE_TIME)
            except Exception:  # one instance's oddity must not keep the others awake
                _log.exception("%s could not be put to sleep", instance.id)
        return slept

    def __del__(self) -> None:
        self._ending.set()


def _look(reference: weakref.ref[Caretaker], ending: threading.Event) -> None:
    # By reference: a manager that nobody holds any more is collected, and the thread ends with it.
    while (caretaker := reference()) is not None:
        interval_s = caretaker._idle_s / _LOOKS_PER_IDLE_TIME
        caretaker.look()
        del caretaker
        if ending.wait(interval_s):
            return
