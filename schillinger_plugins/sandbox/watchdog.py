"""The watchdog: holds every worker to the limits that the kernel doesn't enforce by itself, and drains their logs.

Owns one thread for all workers of a sandbox. It looks every 25 ms at a call that goes on, every 100 ms at calls that are
shorter than that and follow each other, every 250 ms at idle workers, and sleeps otherwise. Timers inside a worker could be
ignored by the plugin; this one can't. What the host fetches for a call that was interrupted is ended here, too.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..errors import LimitName
from ..scratch import ENDLESS, MAX_ENTRIES, used_bytes
from .growth import Growth
from .limits import Limits
from .log import Log
from .usage import usage_of

_BUSY_TICK_S = 0.025
_SHORT_CALLS_TICK_S = 0.1
_IDLE_TICK_S = 0.25
_STAY_AWAKE_S = 1.0
_SCRATCH_EVERY_S = 0.5
_IDLE_SCRATCH_EVERY_S = 5.0
_LOG_BURST_S = 4.0
_IDLE_CPU_SHARE = 0.1
_IDLE_CPU_BURST_S = 2.0
_MB = 1024 * 1024

_CALL_REMEDIES = tuple(
    f"give it less, or raise limits.{name} in plugin.json or limits={{'{name}': …}} in the call"
    for name in ("wall_s", "cpu_s")
)
_START_REMEDY = "its author looks for a loop at the top of the main file, and does less there"

_log = logging.getLogger(__name__)


class Watched:
    """A call under way.

    Attributes
    ----------
    started_s : float
        As `time.monotonic` gives it.
    cpu_before_s : float or None
        CPU time of the process until then; None until the watchdog has looked for the first time.
    """

    __slots__ = ("cpu_before_s", "limits", "started_s")

    def __init__(self, limits: Limits, started_s: float) -> None:
        self.limits = limits
        self.started_s = started_s
        self.cpu_before_s: float | None = None


class Process(Protocol):
    """What is watched: a `Worker`. `pipes` are its log and its trace, each with what reads it."""

    pid: int
    log: Log
    pipes: dict[int, Callable[[int], bool]]
    scratch: Path
    limits: Limits
    watched: Watched | None
    turns: int
    ready: bool
    growth: Growth
    leaks: bool
    cancelling: bool
    memory_bytes: int
    peak_memory_bytes: int

    @property
    def alive(self) -> bool:
        """Whether any thread of it still runs."""

    @property
    def segment_bytes(self) -> int:
        """Size of the shared memory that the host gave it."""

    def cpu_s(self) -> float:
        """CPU time of all its threads so far."""

    def interrupt_fetch(self) -> None:
        """End what the host fetches for a call that was asked to end."""

    def end(self) -> int | None:
        """End it, and give back everything that it held."""

    def exceeded(self, message: str, *, limit: LimitName, setting: str, remedy: str) -> None:
        """End it: it used too much of something."""


@dataclass(slots=True)
class _Figures:
    """What was seen of one worker: memory at its start, and when and what at the last look."""

    baseline: int
    looked_s: float
    scratch_looked_s: float = 0.0
    cpu_s: float = 0.0
    turns: int = 0
    turns_looked_at: int = 0
    log_bytes: int = 0
    log_allowance: float = 0.0
    idle_cpu_allowance: float = _IDLE_CPU_BURST_S


class Watchdog:
    """One thread over all workers.

    Parameters
    ----------
    total_memory_mb : float
        What all of them may use together.
    """

    def __init__(self, *, total_memory_mb: float) -> None:
        self._total_memory_mb = total_memory_mb
        self._workers: dict[Process, _Figures] = {}
        self._lock = threading.RLock()  # the collector may end a forgotten manager's workers in any thread
        self._selector = selectors.DefaultSelector()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._selector.register(self._wake, selectors.EVENT_READ, None)
        self._closing = False
        self._dozing = True
        self._last_call_s = 0.0
        self._read: list[tuple[int, Process]] = []
        self._read_again_s = 0.0
        self._thread = threading.Thread(target=self._run, name="schillinger-watchdog", daemon=True)
        self._thread.start()

    def add(self, worker: Process) -> None:
        """Begin to watch. What it has now is what every worker has, and isn't counted."""
        try:
            baseline = usage_of(worker.pid).private_bytes
        except (FileNotFoundError, ProcessLookupError):  # it has died already: whoever speaks to it will notice
            baseline = 0
        figures = _Figures(baseline, time.monotonic(), log_bytes=worker.log.told_bytes)
        figures.log_allowance = worker.limits.log_kb_s * _LOG_BURST_S * 1024
        with self._lock:
            self._workers[worker] = figures
            for descriptor in worker.pipes:
                os.set_blocking(descriptor, False)
                self._selector.register(descriptor, selectors.EVENT_READ, worker)
        self._wake_up()

    def remove(self, worker: Process) -> None:
        """Stop watching an ended worker; what it last logged is read."""
        with self._lock:
            self._workers.pop(worker, None)
            pipes, worker.pipes = worker.pipes, {}
            for descriptor, drain in pipes.items():
                with contextlib.suppress(KeyError):
                    self._selector.unregister(descriptor)
                for _ in range(16):  # what a pipe can hold; bounded, should somebody still write
                    if not drain(descriptor):
                        break
                os.close(descriptor)

    def read(self, worker: Process) -> None:
        """Read what one worker has written until now."""
        with self._lock:
            for descriptor, drain in worker.pipes.items():
                drain(descriptor)

    def redirect(self, worker: Process, log: Log) -> None:
        """What a worker writes from now on goes into another log; what it has written before does not."""
        with self._lock:
            self.read(worker)
            worker.log = log
            worker.pipes = dict(zip(worker.pipes, (log.drain, log.trace.drain), strict=False))  # none if it has ended
            if (figures := self._workers.get(worker)) is not None:
                figures.log_bytes = log.told_bytes

    def flush(self) -> None:
        """Read what the workers have written until now."""
        with self._lock:
            for worker in self._workers:
                self.read(worker)

    def attend(self) -> None:
        """A call begins: look every 25 ms from now on."""
        if self._dozing:  # waking it costs a call more than the call itself; while calls follow each other it is awake
            self._wake_up()

    def close(self) -> None:
        """End the workers that nobody has ended, and the thread."""
        for worker in list(self._workers):
            worker.end()
        with self._lock:  # else the thread could end in between, and the number of what wakes it be somebody else's
            self._closing = True
            self._wake_up()
        if threading.current_thread() is not self._thread:
            self._thread.join(2.0)

    def _wake_up(self) -> None:
        os.eventfd_write(self._wake, 1)

    def _run(self) -> None:
        while not self._closing:
            try:
                self._turn()
            except Exception:  # one worker's oddity must not leave the others unwatched
                _log.exception("the watchdog stumbled")
        with self._lock:
            self._selector.close()
            os.close(self._wake)

    def _turn(self) -> None:
        with self._lock:
            workers = list(self._workers.items())
        now = time.monotonic()
        if any(worker.watched for worker, _ in workers):
            self._last_call_s = now
        self._dozing = now - self._last_call_s > _STAY_AWAKE_S
        # Set before the calls are looked at once more: one that begins in between either is seen here or wakes us.
        if self._dozing and any(worker.watched for worker, _ in workers):
            self._dozing = False
        timeout = _BUSY_TICK_S if not self._dozing else _IDLE_TICK_S if workers else None
        if now >= self._read_again_s:
            self._listen_again()
        for key, _ in self._selector.select(timeout):
            if key.data is None:
                os.eventfd_read(self._wake)
                continue
            with self._lock:
                if key.data not in self._workers:
                    continue
                # One read a tick for each pipe: whoever writes more often waits for us, not we for him.
                self._selector.unregister(key.fd)
                if key.data.pipes[key.fd](key.fd):
                    if not self._read:
                        self._read_again_s = now + (timeout or 0.0)
                    self._read.append((key.fd, key.data))
        now = time.monotonic()
        for worker, figures in workers:
            if worker.cancelling:
                worker.interrupt_fetch()
            if now - figures.looked_s < _pause_s(worker, figures, now):
                continue
            with contextlib.suppress(ProcessLookupError, FileNotFoundError, OSError):  # it ended meanwhile
                self._look(worker, figures, now)
        self._hold_total([worker for worker, _ in workers])

    def _listen_again(self) -> None:
        with self._lock:
            for descriptor, worker in self._read:
                if worker in self._workers:
                    self._selector.register(descriptor, selectors.EVENT_READ, worker)
            self._read.clear()

    def _hold_total(self, workers: list[Process]) -> None:
        total = sum(worker.memory_bytes for worker in workers)
        if total > self._total_memory_mb * _MB:
            largest = max(workers, key=lambda worker: worker.memory_bytes)
            largest.exceeded(
                f"all plugins together use {total / _MB:.0f} MB, of at most {self._total_memory_mb:.0f} MB, "
                f"and it uses most of that: {largest.memory_bytes / _MB:.0f} MB",
                limit="memory",
                setting="memory_mb",
                remedy="destroy instances that are not needed, or raise Policy(total_memory_mb=…)",
            )
            largest.memory_bytes = 0

    def _look(self, worker: Process, figures: _Figures, now: float) -> None:
        watched = worker.watched
        limits = watched.limits if watched is not None else worker.limits
        since_s, figures.looked_s = now - figures.looked_s, now
        usage = usage_of(worker.pid)
        if usage.headless and not worker.alive:
            return
        if usage.headless:
            worker.exceeded(
                "it ended its main thread and went on in others",
                limit="processes",
                setting="threads",
                remedy="its author returns from execute() instead of ending threads",
            )
            return
        # Of the shared memory, the two segments are the host's; what is beyond them is its own.
        beyond_segments = max(0, usage.shared_bytes - worker.segment_bytes)
        worker.memory_bytes = max(0, usage.private_bytes + beyond_segments - figures.baseline)
        worker.peak_memory_bytes = max(worker.peak_memory_bytes, worker.memory_bytes)
        if worker.ready and worker.turns != figures.turns_looked_at:
            # In a row of calls there may never be a look between two: the first look at a call comes early in it.
            figures.turns_looked_at = worker.turns
            worker.growth.add(worker.turns, worker.memory_bytes)
            worker.leaks = worker.growth.leaks
        if worker.memory_bytes > limits.memory_mb * _MB:
            worker.exceeded(
                f"it used {worker.memory_bytes / _MB:.0f} MB, the limit memory is {limits.memory_mb:g} MB",
                limit="memory",
                setting="memory_mb",
                remedy="give it less, or raise limits.memory_mb in plugin.json",
            )
        if usage.threads > limits.threads:
            worker.exceeded(
                f"it runs {usage.threads} threads, the limit is {limits.threads}",
                limit="processes",
                setting="threads",
                remedy="raise limits.threads in plugin.json",
            )
        if now - figures.scratch_looked_s >= (_SCRATCH_EVERY_S if watched is not None else _IDLE_SCRATCH_EVERY_S):
            figures.scratch_looked_s = now
            if (
                used := used_bytes(worker.scratch, worker.pid, int(limits.file_size_mb * _MB))
            ) > limits.scratch_mb * _MB:
                worker.exceeded(
                    f"its files take {used / _MB:.0f} MB, the limit scratch is {limits.scratch_mb:g} MB"
                    if used < ENDLESS
                    else f"its scratch folder holds more than {MAX_ENTRIES} entries, or folders that can't be measured",
                    limit="file_size",
                    setting="scratch_mb",
                    remedy="raise limits.scratch_mb in plugin.json",
                )
        self._hold_log(worker, figures, limits, since_s)
        self._hold_time(worker, figures, now, since_s)

    def _hold_log(self, worker: Process, figures: _Figures, limits: Limits, since_s: float) -> None:
        rate = limits.log_kb_s * 1024
        written, figures.log_bytes = worker.log.told_bytes - figures.log_bytes, worker.log.told_bytes
        figures.log_allowance = min(rate * _LOG_BURST_S, figures.log_allowance + rate * since_s) - written
        if figures.log_allowance < 0:
            worker.exceeded(
                f"it logs more than the {limits.log_kb_s:g} kB a second that the limit log_kb_s allows",
                limit="output",
                setting="log_kb_s",
                remedy="its author prints less, or raise limits.log_kb_s in plugin.json",
            )

    def _hold_time(self, worker: Process, figures: _Figures, now: float, since_s: float) -> None:
        watched = worker.watched
        before_s, figures.cpu_s = figures.cpu_s, worker.cpu_s()
        if watched is None:
            refilled = min(_IDLE_CPU_BURST_S, figures.idle_cpu_allowance + _IDLE_CPU_SHARE * since_s)
            # Calls that came and went between two looks are not idling.
            idled = worker.turns == figures.turns
            figures.turns = worker.turns
            figures.idle_cpu_allowance = refilled - (figures.cpu_s - before_s if idled else 0.0)
            if figures.idle_cpu_allowance < 0:
                worker.exceeded(
                    "it goes on computing though no call is under way",
                    limit="cpu",
                    setting="cpu_s",
                    remedy="its author ends its threads and tasks before execute() returns",
                )
            return
        limits, elapsed_s = watched.limits, now - watched.started_s
        if watched.cpu_before_s is None:
            # What it used since the last look, but no more than it can have used since the call began.
            watched.cpu_before_s = figures.cpu_s - min(figures.cpu_s - before_s, elapsed_s * limits.threads)
        doing, wall, cpu = "it", *_CALL_REMEDIES
        if not worker.ready:
            doing, wall, cpu = "importing it, or its initialize(),", _START_REMEDY, _START_REMEDY
        if worker.watched is not watched:
            return  # it has ended meanwhile: the next call is not to pay for it
        if elapsed_s > limits.wall_s:
            worker.exceeded(
                f"{doing} took longer than the {limits.wall_s:g} s that the limit wall allows",
                limit="wall",
                setting="wall_s",
                remedy=wall,
            )
        elif figures.cpu_s - watched.cpu_before_s > limits.cpu_s:
            worker.exceeded(
                f"{doing} used more than the {limits.cpu_s:g} s of CPU time that the limit cpu allows",
                limit="cpu",
                setting="cpu_s",
                remedy=cpu,
            )


def _pause_s(worker: Process, figures: _Figures, now: float) -> float:
    """How long to leave a worker alone after a look: each holds up what is called at that moment by up to a millisecond."""
    watched = worker.watched
    if watched is not None and now - watched.started_s >= _BUSY_TICK_S:
        return 0.0
    return _SHORT_CALLS_TICK_S if worker.turns != figures.turns_looked_at else _IDLE_TICK_S
