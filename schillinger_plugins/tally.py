"""What an instance has done so far, and who is told of it.

Owns the figures of one instance, and when its worker's leak is spoken of: once. Called by ``instance``.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from .errors import InputError
from .events import Event, EventName, Events
from .failures import Failure
from .journal import percentile
from .sandbox.log import Log
from .sandbox.worker import Worker

KEPT = 512
"""The last calls, whose times are kept."""

MINUTE_S = 60.0
_WORTH_TELLING_BYTES = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How fast an instance has been of late: of its last calls that returned, at most `KEPT`.

    Attributes
    ----------
    calls_per_minute : float
        Within the last minute.
    p50_s, p90_s, p99_s : float
        Percentiles of their time; 0 before the first.
    """

    calls_per_minute: float = 0.0
    p50_s: float = 0.0
    p90_s: float = 0.0
    p99_s: float = 0.0


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
    collections : int
        Times its worker was made to collect garbage while it was idle.
    given_back_bytes : int
        Memory that all this gave back, its being put to sleep by hand included.
    cpu_total_s : float
        Of the calls that returned.
    peak_memory_bytes : int
        The most that any of its workers used.
    wall_total_s, wall_last_s : float
        Time of the calls that returned.
    """

    calls: int = 0
    failures: int = 0
    cancelled: int = 0
    restarts: int = 0
    sleeps: int = 0
    collections: int = 0
    given_back_bytes: int = 0
    cpu_total_s: float = 0.0
    peak_memory_bytes: int = 0
    wall_total_s: float = 0.0
    wall_last_s: float = 0.0
    last_error: str = ""

    @property
    def wall_mean_s(self) -> float:
        """Mean time of the calls that returned."""
        return self.wall_total_s / self.calls if self.calls else 0.0

    @property
    def failed_share(self) -> float:
        """Of the calls that ended by themselves, how many raised: 0 to 1."""
        ended = self.calls + self.failures
        return self.failures / ended if ended else 0.0


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
        self._recent: deque[tuple[float, float]] = deque(maxlen=KEPT)

    @property
    def pace(self) -> Pace:
        """How fast it has been of late."""
        recent = list(self._recent)
        if not recent:
            return Pace()
        since_s = time.perf_counter() - MINUTE_S
        # Where they are too many to be kept, what is kept covers less than the minute.
        within_s = MINUTE_S if len(recent) < KEPT else min(MINUTE_S, time.perf_counter() - recent[0][0])
        times = sorted((wall_s, 1) for _, wall_s in recent)
        return Pace(
            calls_per_minute=sum(ended_s >= since_s for ended_s, _ in recent) * MINUTE_S / max(1e-3, within_s),
            p50_s=percentile(times, 0.5),
            p90_s=percentile(times, 0.9),
            p99_s=percentile(times, 0.99),
        )

    def new_worker(self) -> None:
        """Another worker serves: what was said of the one before doesn't hold for it."""
        self._leak_told = False

    def restarted(self, worker: Worker) -> None:
        """A worker has to be replaced: it has ended, or its limits don't fit."""
        self.stats.restarts += 1
        self._tell("restarted", why="other limits" if worker.alive else "its worker had ended")

    def slept(self, given_back_bytes: int, *, is_idle: bool) -> None:
        """It was put to sleep, by itself or by hand."""
        self.stats.sleeps += is_idle
        self.stats.given_back_bytes += given_back_bytes
        # It may have been measured only after its last call had returned.
        self.stats.peak_memory_bytes = max(self.stats.peak_memory_bytes, given_back_bytes)
        self._tell("slept", idle=is_idle, given_back_bytes=given_back_bytes)

    def collected(self, given_back_bytes: int) -> None:
        """Its worker has collected garbage."""
        self.stats.collections += 1
        self.stats.given_back_bytes += given_back_bytes
        if given_back_bytes >= _WORTH_TELLING_BYTES:
            self._tell("collected", given_back_bytes=given_back_bytes)

    def returned(self, wall_s: float, ended_s: float, cpu_s: float, worker: Worker, run_id: str) -> None:
        """A call has returned, at that moment of `time.perf_counter`."""
        stats = self.stats
        stats.calls += 1
        stats.wall_total_s += wall_s
        stats.wall_last_s = wall_s
        stats.cpu_total_s += cpu_s
        if worker.peak_memory_bytes > stats.peak_memory_bytes:
            stats.peak_memory_bytes = worker.peak_memory_bytes
        self._recent.append((ended_s, wall_s))
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
