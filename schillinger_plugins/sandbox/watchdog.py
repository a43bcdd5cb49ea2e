"""The watchdog: holds every worker to the limits that the kernel doesn't enforce by itself, and drains their logs.

Owns one thread for all workers of a sandbox. It looks every 25 ms while a call is running, every 250 ms while workers are
idle, and sleeps otherwise. Timers inside a worker could be ignored by the plugin; this one can't.
"""

from __future__ import annotations

import contextlib
import logging
import os
import resource
import selectors
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..errors import LimitName
from .limits import Limits
from .log import Log

_BUSY_TICK_S = 0.025
_IDLE_TICK_S = 0.25
_STAY_AWAKE_S = 1.0
_SCRATCH_EVERY_S = 0.5
_MAX_SCRATCH_ENTRIES = 10_000
_MB = 1024 * 1024
_PAGE = resource.getpagesize()

_CALL_REMEDIES = tuple(
    f"give it less, or raise limits.{name} in plugin.json or limits={{'{name}': …}} in the call"
    for name in ("wall_s", "cpu_s")
)
_START_REMEDY = "its author looks for a loop at the top of the main file, and does less there"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Watched:
    """A call under way.

    Attributes
    ----------
    started_s : float
        As `time.monotonic` gives it.
    cpu_before_s : float
        CPU time of the process until then.
    """

    limits: Limits
    started_s: float
    cpu_before_s: float


class Process(Protocol):
    """What is watched: a `Worker`."""

    pid: int
    log: Log
    log_descriptor: int
    scratch: Path
    limits: Limits
    watched: Watched | None
    ready: bool
    memory_bytes: int
    peak_memory_bytes: int

    def cpu_s(self) -> float:
        """CPU time of all its threads so far."""

    def exceeded(self, message: str, *, limit: LimitName, remedy: str) -> None:
        """End it: it used too much of something."""


class Watchdog:
    """One thread over all workers."""

    def __init__(self) -> None:
        self._workers: dict[Process, int] = {}
        self._looked_at_scratch_s: dict[Process, float] = {}
        self._lock = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._selector.register(self._wake, selectors.EVENT_READ, None)
        self._closing = False
        self._dozing = True
        self._last_call_s = 0.0
        self._thread = threading.Thread(target=self._run, name="schillinger-watchdog", daemon=True)
        self._thread.start()

    def add(self, worker: Process) -> None:
        """Begin to watch. What it has now is what every worker has, and isn't counted."""
        anonymous, _ = _usage(worker.pid)
        os.set_blocking(worker.log_descriptor, False)
        with self._lock:
            self._workers[worker] = anonymous
            self._selector.register(worker.log_descriptor, selectors.EVENT_READ, worker)
        self._wake_up()

    def remove(self, worker: Process) -> None:
        """Stop watching an ended worker; what it last logged is read."""
        with self._lock:
            if self._workers.pop(worker, None) is None:
                return
            self._looked_at_scratch_s.pop(worker, None)
            with contextlib.suppress(KeyError):
                self._selector.unregister(worker.log_descriptor)
            for _ in range(16):  # what a pipe can hold; bounded, should somebody still write
                if not worker.log.drain(worker.log_descriptor):
                    break
            os.close(worker.log_descriptor)

    def attend(self) -> None:
        """A call begins: look every 25 ms from now on."""
        if self._dozing:  # waking it costs a call more than the call itself; while calls follow each other it is awake
            self._wake_up()

    def close(self) -> None:
        """End the thread."""
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
        for key, _ in self._selector.select(timeout):
            if key.data is None:
                os.eventfd_read(self._wake)
                continue
            with self._lock:
                if key.data in self._workers and not key.data.log.drain(key.data.log_descriptor):
                    self._selector.unregister(key.data.log_descriptor)
        for worker, baseline in workers:
            with contextlib.suppress(ProcessLookupError, FileNotFoundError, OSError):  # it ended meanwhile
                self._look(worker, baseline)

    def _look(self, worker: Process, baseline: int) -> None:
        watched = worker.watched
        limits = watched.limits if watched is not None else worker.limits
        anonymous, threads = _usage(worker.pid)
        worker.memory_bytes = max(0, anonymous - baseline)
        worker.peak_memory_bytes = max(worker.peak_memory_bytes, worker.memory_bytes)
        if worker.memory_bytes > limits.memory_mb * _MB:
            worker.exceeded(
                f"it used {worker.memory_bytes / _MB:.0f} MB, the limit memory is {limits.memory_mb:g} MB",
                limit="memory",
                remedy="give it less, or raise limits.memory_mb in plugin.json",
            )
        if threads > limits.threads:
            worker.exceeded(
                f"it runs {threads} threads, the limit is {limits.threads}",
                limit="processes",
                remedy="raise limits.threads in plugin.json",
            )
        now = time.monotonic()
        if now - self._looked_at_scratch_s.get(worker, 0.0) >= _SCRATCH_EVERY_S:
            self._looked_at_scratch_s[worker] = now
            if (used := _folder_bytes(str(worker.scratch))) > limits.scratch_mb * _MB:
                worker.exceeded(
                    f"its files take {used / _MB:.0f} MB, the limit scratch is {limits.scratch_mb:g} MB",
                    limit="file_size",
                    remedy="raise limits.scratch_mb in plugin.json",
                )
        if watched is None:
            return
        doing, wall, cpu = "it", *_CALL_REMEDIES
        if not worker.ready:
            doing, wall, cpu = "importing it, or its initialize(),", _START_REMEDY, _START_REMEDY
        if now - watched.started_s > limits.wall_s:
            worker.exceeded(
                f"{doing} took longer than the {limits.wall_s:g} s that the limit wall allows",
                limit="wall",
                remedy=wall,
            )
        elif worker.cpu_s() - watched.cpu_before_s > limits.cpu_s:
            worker.exceeded(
                f"{doing} used more than the {limits.cpu_s:g} s of CPU time that the limit cpu allows",
                limit="cpu",
                remedy=cpu,
            )


def _usage(pid: int) -> tuple[int, int]:
    """Private memory in bytes, and the number of threads."""
    with open(f"/proc/{pid}/statm", "rb") as statm:
        fields = statm.read().split()
    with open(f"/proc/{pid}/stat", "rb") as stat:
        after_name = stat.read().rpartition(b")")[2].split()  # the name may hold spaces and brackets
    return (int(fields[1]) - int(fields[2])) * _PAGE, int(after_name[17])


def _folder_bytes(path: str) -> int:
    """Bytes on disk below `path`; a folder of too many entries counts as endless."""
    total, entries, pending = 0, 0, [path]
    while pending:
        with os.scandir(pending.pop()) as listing:
            for entry in listing:
                entries += 1
                if entries > _MAX_SCRATCH_ENTRIES:
                    return 1 << 62
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                else:
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total
