"""The event loop of a worker, and the one task that the plugin's coroutines run in.

Owns how a coroutine of the plugin ends when something breaks into the loop itself: an interrupt while all tasks wait, or
SystemExit in one of them. It is cancelled then, as a task is, and what it left running is ended with it. Calls that follow
each other share one task and its context: what one sets in a context variable the next one sees. Called by `serve`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Tasks:
    """Runs the plugin's coroutines, one after another."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        self._task: asyncio.Task[Any] | None = None
        self._broke_in: BaseException | None = None

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end, in a task of its own."""
        self._task = task = self._loop.create_task(coroutine)
        while True:
            try:
                return self._loop.run_until_complete(task)
            except BaseException as error:
                if not task.done():
                    self._broke_in = error
                    task.cancel()
                    continue
                broke_in, self._broke_in = self._broke_in, None
                if task.cancelled() and broke_in is not None:
                    raise broke_in from None
                if not task.cancelled():
                    task.exception()  # has been looked at: nobody is to be told that it was not
                raise

    @property
    def disturbed(self) -> bool:
        """Whether something broke in, or the running task was cancelled, during what has just returned."""
        return self._broke_in is not None or bool(self._task and self._task.cancelling())

    async def settle(self) -> None:
        """Go on after that: raise what broke in; a cancellation that came too late for one call is not for the next."""
        broke_in, self._broke_in = self._broke_in, None
        await self._forgive()
        if broke_in is not None:
            raise broke_in

    async def ended_by(self, error: BaseException) -> BaseException:
        """What really ended a coroutine within the running task; ends what that left running."""
        broke_in, self._broke_in = self._broke_in, None
        await self._forgive()
        await self._end_others()
        self._broke_in = None
        return broke_in if broke_in is not None and isinstance(error, asyncio.CancelledError) else error

    def end_others(self) -> None:
        """End what a coroutine left running that `run` has run."""
        self.run(self._end_others())

    async def _forgive(self) -> None:
        task = self._task
        if task is None or not task.cancelling():
            return
        while task.uncancel():
            pass
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0)

    async def _end_others(self) -> None:
        others = asyncio.all_tasks(self._loop) - {self._task}
        for other in others:
            other.cancel()
        while others:
            try:
                done, others = await asyncio.wait(others)
            except asyncio.CancelledError:  # by SystemExit in one of them, for example
                await self._forgive()
                others = {other for other in others if not other.done()}
                continue
            for other in done:
                if not other.cancelled():
                    other.exception()
