"""Who may speak to a worker next.

Owns the queue of callers of one instance, threads and tasks alike: first come, first served, and a limit on how many wait.
Refuses who would wait for himself. Called by `Instance`.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from ..errors import Busy, InputError
from . import interrupts


class _Ticket(NamedTuple):
    call: Callable[[], object]
    thread: int
    is_task: bool


class Turnstile:
    """Lets one caller in at a time.

    Parameters
    ----------
    places : int
        How many may wait.
    plugin_id, instance_id : str
        Whose turns they are.
    """

    def __init__(self, places: int, *, plugin_id: str, instance_id: str) -> None:
        self._places = places
        self._plugin_id = plugin_id
        self._instance_id = instance_id
        self._lock = threading.Lock()
        self._holder: int | None = None
        self._held_by_task = False
        self._waiting: deque[_Ticket] = deque()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def try_enter(self, *, is_task: bool = False) -> bool:
        """Take the turn if nobody has it."""
        with self._lock:
            if self._holder is not None:
                return False
            self._holder = threading.get_ident()
            self._held_by_task = is_task
            return True

    def enter(self, *, timeout_s: float = -1, first: bool = False) -> bool:
        """Wait for the turn, in a thread; False if it didn't come within the time.

        Parameters
        ----------
        first : bool
            Go before all who wait, however many there are.

        Raises
        ------
        Busy
            If as many wait as may.
        InputError
            If this thread holds the turn: in a call within a call; or runs the event loop of a task that does, or that waits
            before it.
        """
        if self.try_enter():
            return True
        gate = threading.Lock()
        gate.acquire()
        ticket = _Ticket(gate.release, threading.get_ident(), False)
        if self._take(ticket, first):
            return True
        try:
            with interrupts.opened():
                came = gate.acquire(timeout=timeout_s)
        except BaseException:
            self._give_up(ticket)
            raise
        if not came:
            self._give_up(ticket)
        return came

    async def enter_async(self) -> None:
        """Wait for the turn, in a task; as `enter`."""
        if self.try_enter(is_task=True):
            return
        loop = asyncio.get_running_loop()
        turn = loop.create_future()

        def call() -> None:
            loop.call_soon_threadsafe(_set, turn)

        ticket = _Ticket(call, threading.get_ident(), True)
        if self._take(ticket, False):
            return
        try:
            await turn
        except BaseException:
            self._give_up(ticket)
            raise

    def leave(self) -> None:
        """Let the next one in."""
        while True:
            with self._lock:
                if not self._waiting:
                    self._holder = None
                    return
                ticket = self._waiting.popleft()
                self._holder, self._held_by_task = ticket.thread, ticket.is_task
            try:
                ticket.call()
            except RuntimeError:  # the event loop of a waiting task has been closed: the one after it
                continue
            return

    def _take(self, ticket: _Ticket, first: bool) -> bool:
        with self._lock:
            if self._holder is None:
                self._holder, self._held_by_task = ticket.thread, ticket.is_task
                return True
            # A task waits without keeping its thread from anything; whoever blocks the thread keeps all its tasks waiting.
            own = self._holder == ticket.thread and not (ticket.is_task and self._held_by_task)
            if own or (not (first or ticket.is_task) and any(other.thread == ticket.thread for other in self._waiting)):
                raise InputError(
                    "it is being called already, and calls of one instance never overlap: this one would wait for itself",
                    plugin_id=self._plugin_id,
                    remedy="create another instance for a call within a call; in an event loop, await aexecute() each time",
                )
            if first:
                self._waiting.appendleft(ticket)
                return False
            if len(self._waiting) >= self._places:
                raise Busy(
                    f"{self._places} calls wait for {self._instance_id} already",
                    plugin_id=self._plugin_id,
                    remedy="wait for some of them, or create more instances",
                )
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
