"""Runs: the calls of a node, in a thread of their own, so that the kernel stays free.

Owns the order of things: at most one run goes on and at most one waits, which takes the newest values when it begins. A run
that another waits behind is stale, and its outcome is dropped. A cancel counts from the moment a run was asked for, though
its call may not have begun. Refuses nothing. Called by ``node``.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from ..result import Result

_log = logging.getLogger(__name__)

Call = Callable[[], Awaitable[Result]]


class Runs:
    """One run after the other.

    Parameters
    ----------
    call : coroutine function
        What a run does; it reads what it needs when it begins.
    begun : callable
        Told before each run.
    waits : callable
        Told whether a run waits behind the one that goes on.
    ended : callable
        Told the outcome of a run that isn't stale: a result, or what was raised (`asyncio.CancelledError` if cancelled).
    name : str
        Of the thread.
    lock : RLock
        The node's. What is told is told under it, and may ask for a run, which an observer of a trait does.
    """

    def __init__(
        self,
        call: Call,
        *,
        begun: Callable[[], None],
        waits: Callable[[bool], None],
        ended: Callable[[Result | BaseException], None],
        name: str,
        lock: threading.RLock,
    ) -> None:
        self._call = call
        self._begun, self._waits, self._ended = begun, waits, ended
        self._name = name
        self._changed = threading.Condition(lock)
        self._active = False
        self._told = False
        self._again = False
        self._cancelled = False
        self._task: tuple[asyncio.AbstractEventLoop, asyncio.Task[Result]] | None = None

    def start(self, *, behind: bool = False) -> None:
        """Begin a run and return at once. While one goes on nothing happens, or with `behind` another one waits."""
        with self._changed:
            if not self._active:
                self._active = True
                self._begin()
                threading.Thread(target=self._work, name=self._name, daemon=True).start()
            elif behind or self._told:  # the outcome is out, and only the thread is not at its end
                self._again = True
                if not self._told:
                    _tell(self._waits, True)

    def cancel(self) -> None:
        """End the run that goes on, and forget the one that waits."""
        with self._changed:
            if not self._active or self._told:
                return
            self._cancelled = True
            if self._again:
                self._again = False
                _tell(self._waits, False)
            if self._task is not None:
                loop, task = self._task
                loop.call_soon_threadsafe(task.cancel)

    def wait(self, timeout_s: float) -> bool:
        """Until nothing goes on or waits. False if something still does."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._active, timeout_s)

    def _begin(self) -> None:
        self._told = self._again = self._cancelled = False
        _tell(self._begun)

    def _work(self) -> None:
        """The body of the thread. Whatever happens is told, since nobody waits for an exception here."""
        while True:
            outcome: Result | BaseException
            try:
                outcome = asyncio.run(self._drive())
            except BaseException as error:
                outcome = error
            with self._changed:
                if not self._again:
                    self._told = True
                    _tell(self._ended, outcome)
                if not self._again:
                    self._active = False
                    self._changed.notify_all()
                    return
                _tell(self._waits, False)
                self._begin()

    async def _drive(self) -> Result:
        task = asyncio.ensure_future(self._call())
        with self._changed:
            self._task = asyncio.get_running_loop(), task
            if self._cancelled:  # pressed before there was a task to cancel
                task.cancel()
        try:
            return await task
        finally:
            with self._changed:
                self._task = None


def _tell(who: Callable[..., None], *what: Any) -> None:
    """An observer of somebody's, which fails, must not end the runs."""
    try:
        who(*what)
    except Exception:
        _log.exception("an observer of a node failed")
