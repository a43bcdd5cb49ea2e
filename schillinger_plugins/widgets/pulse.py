"""Pulse: something done about once a second, while a view of a widget is shown.

Owns one thread and the list of who looks. The thread begins with the first view and ends with the last; with the widget,
which it doesn't hold; and when what it does says that there is no more. Refuses more views than a person has. Called by
``status`` and ``logs``.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable

PERIOD_S = 1.0
LAPSE_S = 600.0
"""A page that was reloaded doesn't say that its view is gone. A kernel may hear none while a cell runs, so this is long."""
DISPLAY_LAPSE_S = 60.0
"""How long a page may take to say that it shows what a cell has put out."""
MAX_VIEWS = 32
MAX_NAME_CHARS = 64

_DISPLAYED = ""
_log = logging.getLogger(__name__)


class Pulse:
    """Calls `beat` while somebody looks.

    Parameters
    ----------
    beat : bound method
        Of the widget; held weakly. Returns whether it wants to be called again.
    name : str
        Of the thread.
    period_s : float
    """

    def __init__(self, beat: Callable[[], bool], *, name: str, period_s: float = PERIOD_S) -> None:
        self._beat = weakref.WeakMethod(beat)
        self._name = name
        self._period_s = period_s
        self._changed = threading.Condition()
        self._views: dict[str, float] = {}
        self._thread: threading.Thread | None = None
        self._ended = False

    @property
    def is_beating(self) -> bool:
        """Whether the thread is there."""
        thread = self._thread
        return thread is not None and thread.is_alive()

    def display(self) -> None:
        """A cell shows the widget: begin, before a page can say that it looks."""
        self._look(_DISPLAYED, DISPLAY_LAPSE_S)

    def look(self, view: str) -> None:
        """A view is shown."""
        if view and len(view) <= MAX_NAME_CHARS:
            self._look(view, LAPSE_S)

    def leave(self, view: str) -> None:
        """A view isn't shown any more."""
        with self._changed:
            self._views.pop(view, None)
            self._changed.notify_all()

    def end(self, *, wait_s: float = 0.0) -> None:
        """End for good; wait for the thread if that is asked for."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
            thread = self._thread
        if wait_s and thread is not None and thread is not threading.current_thread():
            thread.join(wait_s)

    def _look(self, view: str, lapse_s: float) -> None:
        with self._changed:
            if self._ended:
                return
            if view != _DISPLAYED:
                self._views.pop(_DISPLAYED, None)
            if view not in self._views and len(self._views) >= MAX_VIEWS:
                del self._views[min(self._views, key=self._views.__getitem__)]
            self._views[view] = time.monotonic() + lapse_s
            if self._thread is None:
                self._thread = threading.Thread(target=self._go, name=self._name, daemon=True)
                self._thread.start()

    def _go(self) -> None:
        next_s = time.monotonic()
        while True:
            with self._changed:
                while self._is_wanted() and (left_s := next_s - time.monotonic()) > 0:
                    self._changed.wait(left_s)
                if not self._is_wanted():
                    # Under the lock: whoever looks from now on begins another thread.
                    self._thread = None
                    return
            beat = self._beat()
            goes_on = False
            if beat is not None:
                try:
                    goes_on = beat()
                except Exception:  # a closed comm, or a kernel that is ending: nobody would see more
                    _log.debug("%s ends", self._name, exc_info=True)
            del beat
            if not goes_on:
                with self._changed:
                    self._ended = True
            next_s = time.monotonic() + self._period_s

    def _is_wanted(self) -> bool:
        now_s = time.monotonic()
        for view in [view for view, until_s in self._views.items() if until_s < now_s]:
            del self._views[view]
        return bool(self._views) and not self._ended
