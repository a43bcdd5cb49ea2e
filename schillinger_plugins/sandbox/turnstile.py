"""Who may speak to a worker next.

Owns the queue of callers of one instance, threads and tasks alike: first come, first served, and a limit on how many wait.
Called by `Instance`.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable

_Ticket = Callable[[], object]


class Full(Exception):
    """As many wait as may."""


class Turnstile:
    """Lets one caller in at a time.

    Parameters
    ----------
    places : int
        How many may wait.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self._lock = threading.Lock()
        self._taken = False
        self._waiting: deque[_Ticket] = deque()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def enter(self, *, timeout_s: float = -1) -> bool:
        """Wait for the turn, in a thread; False if it didn't come within the time.

        Raises
        ------
        Full
            If as many wait as may.
        """
        gate = threading.Lock()
        gate.acquire()
        if self._take(gate.release):
            return True
        try:
            came = gate.acquire(timeout=timeout_s)
        except BaseException:
            self._give_up(gate.release)
            raise
        if not came:
            self._give_up(gate.release)
        return came

    async def enter_async(self) -> None:
        """Wait for the turn, in a task; as `enter`."""
        loop = asyncio.get_running_loop()
        turn = loop.create_future()

        def call() -> None:
            loop.call_soon_threadsafe(_set, turn)

        if self._take(call):
            return
        try:
            await turn
        except BaseException:
            self._give_up(call)
            raise

    def leave(self) -> None:
        """Let the next one in."""
        while True:
            with self._lock:
                if not self._waiting:
                    self._taken = False
                    return
                call = self._waiting.popleft()
            try:
                call()
            except RuntimeError:  # the event loop of a waiting task has been closed: the one after it
                continue
            return

    def _take(self, ticket: _Ticket) -> bool:
        with self._lock:
            if not self._taken:
                self._taken = True
                return True
            if len(self._waiting) >= self._places:
                raise Full
            self._waiting.append(ticket)
            return False

    def _give_up(self, ticket: _Ticket) -> None:
        with self._lock:
            try:
                self._waiting.remove(ticket)
                return
            except ValueError:
                pass
        self.leave()  # it was called just as it gave up


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
