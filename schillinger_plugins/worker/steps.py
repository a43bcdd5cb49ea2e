"""The event loop of a worker, which takes the first step of a coroutine at once.

Owns one shortcut: most `execute` methods never wait for anything, and turning the wheel of a whole event loop for them
costs more than the rest of a call. The first step runs inside a real task, so that ``asyncio.timeout`` and ``TaskGroup``
find what they look for; a coroutine that does wait goes on in the loop as any other.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, TypeVar

T = TypeVar("T")


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose `run` is quick for coroutines that don't wait."""

    def __init__(self) -> None:
        super().__init__()
        asyncio.set_event_loop(self)
        self._catching = False
        self._caught: tuple[Callable[..., object], tuple[Any, ...], Context | None] | None = None
        # What run_forever sets for as long as it runs: generators of the first step belong to this loop, too.
        sys.set_asyncgen_hooks(firstiter=self._asyncgen_firstiter_hook, finalizer=self._asyncgen_finalizer_hook)  # type: ignore[attr-defined]

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *arguments: Any, context: Context | None = None
    ) -> asyncio.Handle | None:
        """Schedule a callback; the first step of the task that `run` is making is kept for it instead."""
        if self._catching:
            self._catching = False
            self._caught = (callback, arguments, context)
            return None
        return super().call_soon(callback, *arguments, context=context)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end."""
        task, stepped = None, False
        try:
            self._catching = True
            task = asyncio.Task(coroutine, loop=self)
            assert self._caught is not None
            step, arguments, context = self._caught
            asyncio._set_running_loop(self)
            stepped = True
            if context is None:
                step(*arguments)
            else:
                context.run(step, *arguments)
        except BaseException:  # KeyboardInterrupt and SystemExit go through a task, and stay in it
            self._catching = False
            if not stepped and self._caught is not None:  # interrupted before: `cancel_all` waits for a step
                step, arguments, context = self._caught
                super().call_soon(step, *arguments, context=context)
            if task is not None and task.done() and not task.cancelled():
                task.exception()
            raise
        finally:
            self._caught = None
            asyncio._set_running_loop(None)
        return task.result() if task.done() else self.run_until_complete(task)

    def cancel_all(self) -> None:
        """End what a failed coroutine left running."""
        tasks = asyncio.all_tasks(self)
        for task in tasks:
            task.cancel()
        if tasks:
            self.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
