"""What an instance has done so far, and who is told of it.

Owns the figures of one instance, and when its worker's leak is spoken of: once. Called by ``instance``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .errors import InputError
from .events import Event, EventName, Events
from .failures import Failure
from .sandbox.log import Log
from .sandbox.worker import Worker


@dataclass(kw_only=True, slots=True)
class InstanceStats:
    """What an instance has done so far.

    Attributes
    ----------
    calls, failures, cancelled : int
        Calls that returned, raised, and were interrupted.
    restarts : int
        Workers that had to be replaced.
    sleeps : int
        Times it was put to sleep for being idle.
    wall_total_s, wall_last_s : float
        Time of the calls that returned.
    """

    calls: int = 0
    failures: int = 0
    cancelled: int = 0
    restarts: int = 0
    sleeps: int = 0
    wall_total_s: float = 0.0
    wall_last_s: float = 0.0
    last_error: str = ""

    @property
    def wall_mean_s(self) -> float:
        """Mean time of the calls that returned."""
        return self.wall_total_s / self.calls if self.calls else 0.0


class Tally:
    """Counts the calls of one instance and tells of them.

    Attributes
    ----------
    stats : InstanceStats
        The figures, as they change.
    """

    def __init__(self, plugin_id: str, instance_id: str, *, user: str, events: Events, log: Log) -> None:
        self.stats = InstanceStats()
        self._plugin_id = plugin_id
        self._instance_id = instance_id
        self._user = user
        self._events = events
        self._log = log
        self._leak_told = False

    def new_worker(self) -> None:
        """Another worker serves: what was said of the one before doesn't hold for it."""
        self._leak_told = False

    def returned(self, wall_s: float, worker: Worker, run_id: str) -> None:
        """A call has returned."""
        stats = self.stats
        stats.calls += 1
        stats.wall_total_s += wall_s
        stats.wall_last_s = wall_s
        if self._events.wants("executed"):
            self._tell("executed", wall_s=wall_s, run_id=run_id)
        if worker.leaks and not self._leak_told:
            self._tell_leak(worker)

    def failed(self, error: BaseException, run_id: str) -> None:
        """A call has raised, or was interrupted."""
        if not isinstance(error, Exception):
            self.stats.cancelled += 1
            self._tell("failed", error="cancelled", run_id=run_id)
            return
        self.stats.failures += 1
        self.stats.last_error = str(error)
        # What was refused before the plugin ran is no failure of its own, and takes the place of none.
        failure = None if isinstance(error, InputError) else Failure.of(error, self._instance_id)
        self._tell("failed", error=str(error), failure=failure, run_id=run_id)

    def _tell(self, name: EventName, **data: Any) -> None:
        self._events.emit(Event(name, self._plugin_id, self._instance_id, data, self._user))

    def _tell_leak(self, worker: Worker) -> None:
        self._leak_told = True
        grown = worker.growth.bytes_per_call
        self._log.say(
            f"it leaks memory: {grown / 1e6:.2g} MB more with each call, {worker.memory_bytes / 1e6:.0f} MB now; "
            f"its author keeps less from call to call, and until then instance.rest() gives it back"
        )
        self._tell("leaks", growth_bytes_per_call=grown, memory_bytes=worker.memory_bytes)
