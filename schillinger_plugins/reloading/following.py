"""Following: the worker of the new code that serves, where another one is used up by the run of the example.

Owns that it is made beside all that, as soon as it is likely to be needed, and ended if it is not. What is wrong with the
code is told of the other one. Called by `Reloading`.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from ..errors import PluginError
from ..loaded import PluginCode
from ..sandbox.worker import Worker

Make = Callable[[PluginCode, Callable[[Worker], object]], Worker]


class Following:
    """One more worker, that may turn out to be needed.

    Parameters
    ----------
    make : callable
        Makes it of some code, and tells of it before it imports anything.
    """

    def __init__(self, make: Make) -> None:
        self._make = make
        self._future: Future[Worker] | None = None
        self._worker: Worker | None = None
        self._is_left = False

    def begin(self, code: PluginCode) -> None:
        """Make it, unless that is under way."""
        if self._future is None:
            thread = ThreadPoolExecutor(1, "schillinger-reload")
            self._future = thread.submit(self._make, code, self._uses)
            thread.shutdown(wait=False)

    def take(self) -> Worker | None:
        """The worker, which is the caller's from now on; None if it could not be made: who needs one next says why."""
        assert self._future is not None
        future, self._future = self._future, None
        try:
            return future.result()
        except PluginError:
            return None

    def leave(self) -> None:
        """It isn't needed: it is ended, whatever it is at, and nobody waits for that."""
        future, self._future = self._future, None
        if future is not None:
            self._is_left = True
            if self._worker is not None:
                self._worker.kill()  # it may import for ever
            future.add_done_callback(_end)

    def _uses(self, worker: Worker) -> None:
        self._worker = worker
        if self._is_left:
            worker.kill()


def _end(future: Future[Worker]) -> None:
    if not future.cancelled() and future.exception() is None:
        future.result().end()
