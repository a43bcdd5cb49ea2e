"""One confined worker process, as the host holds it.

Owns its process id and pidfd, its channel, its segments, its scratch folder, and the reason if it had to be killed.
`end` gives back all of it. Made by `Sandbox.spawn`, spoken to through the drivers, watched by the watchdog.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ..errors import LimitExceeded, LimitName, PluginError, ProtocolViolation, WorkerCrashed, signal_name
from ..protocol import frames
from .limits import Limits
from .log import Log
from .segment import Segment
from .watchdog import Watchdog, Watched

_DEATH_WAIT_S = 1.0


class Worker:
    """A confined process that serves one instance of one plugin."""

    def __init__(
        self,
        *,
        reap: Callable[[int], int | None],
        watchdog: Watchdog,
        pid: int,
        pidfd: int,
        channel: socket.socket,
        log: Log,
        log_descriptor: int,
        scratch: Path,
        limits: Limits,
    ) -> None:
        self._reap = reap
        self._watchdog = watchdog
        self.pid = pid
        self.pidfd = pidfd
        self.channel = channel
        self.log = log
        self.log_descriptor = log_descriptor
        self.scratch = scratch
        self.limits = limits
        self.input: Segment | None = None
        self.output: Segment | None = None
        self.busy = False
        self.ready = False
        self.cancelling = False
        self.shown_as = ("", "")
        self.watched: Watched | None = None
        self.memory_bytes = 0
        self.peak_memory_bytes = 0
        self.verdict: PluginError | None = None
        self._clock = (~pid << 3) | 2  # CPUCLOCK_SCHED of that process: what clock_getcpuclockid(3) computes
        self._ending = threading.Lock()
        self._ended = False
        self._channel_deadline_s = 0.0

    @property
    def plugin_id(self) -> str:
        """Whose code runs in it."""
        return self.log.plugin_id

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return not self._ended and not _readable(self.pidfd, 0)

    def cpu_s(self) -> float:
        """CPU time of all its threads so far, in seconds."""
        return time.clock_gettime(self._clock)

    @contextlib.contextmanager
    def turn(self, limits: Limits) -> Iterator[None]:
        """One conversation: meanwhile the watchdog holds the worker to `limits`.

        A worker that has broken the protocol, or is left in the middle of a call, is ended: nothing it says later could
        be told from the answer to another call.
        """
        self.cancelling = False
        with contextlib.suppress(OSError):  # it has died: the conversation will say so
            self.peak_memory_bytes = self.memory_bytes
            self.watched = Watched(limits, time.monotonic(), self.cpu_s())
        self._watchdog.attend()
        try:
            yield
        except ProtocolViolation as violation:
            violation.plugin_id = self.plugin_id
            self.kill(violation)
            self.busy = True
            raise
        finally:
            self.watched = None
            if self.busy:
                self.end()

    def set_channel_deadline(self, seconds: float) -> None:
        """How long a blocking send or receive may take: the kernel's own timeout, which costs no call a system call."""
        seconds = max(seconds, 0.001)  # zero would mean forever
        if seconds != self._channel_deadline_s:
            self._channel_deadline_s = seconds
            timeval = struct.pack("ll", int(seconds), int(seconds % 1 * 1e6))
            self.channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval)
            self.channel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)

    def ask_to_cancel(self) -> None:
        """Ask the running call to end, as Ctrl-C would."""
        self.cancelling = True
        self._signal(signal.SIGINT)

    def kill(self, verdict: PluginError | None = None) -> None:
        """End the process now. The first verdict stands."""
        if self.verdict is None:
            self.verdict = verdict
        self._signal(signal.SIGKILL)

    def explain_death(self) -> PluginError:
        """Why the channel closed: the verdict, how the process ended, or that it only pretends to have ended."""
        if not _readable(self.pidfd, _DEATH_WAIT_S):
            self.kill(ProtocolViolation("it closed its channel but went on running", plugin_id=self.plugin_id))
        exit_code = self.end()
        if self.verdict is not None:
            return self.verdict
        if exit_code is None:
            return WorkerCrashed(
                "its worker ended with the sandbox",
                signal=None,
                plugin_id=self.plugin_id,
                remedy="call it again: a new worker is started by itself",
            )
        if exit_code < 0:
            return WorkerCrashed(
                f"its worker was ended by {signal_name(-exit_code)}"
                + (
                    " (a crash in native code)" if -exit_code in (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT) else ""
                ),
                signal=-exit_code,
                plugin_id=self.plugin_id,
                remedy="the last lines of its log may say more: %plugin logs " + self.plugin_id,
            )
        return WorkerCrashed(
            f"its worker exited by itself with status {exit_code}",
            signal=None,
            plugin_id=self.plugin_id,
            remedy="a plugin must return from execute(), not exit; see %plugin logs " + self.plugin_id,
        )

    def stop(self, deadline_s: float = 1.0) -> None:
        """Let the plugin clean up, then end the process: ask, wait, kill."""
        if self.alive and self.watched is None:
            with contextlib.suppress(OSError):
                self.channel.send(frames.encode(frames.Stop()), socket.MSG_DONTWAIT)
                _readable(self.pidfd, deadline_s)
        self.end()

    def end(self) -> int | None:
        """Kill the process if it still runs, reap it, and give back everything it held.

        Returns
        -------
        int or None
            How it ended (negative for a signal), None if its zygote is gone or it had been ended before.
        """
        with self._ending:
            if self._ended:
                return None
            self._signal(signal.SIGKILL)
            exit_code = self._reap(self.pid)
            self._ended = True
            self.watched = None
            self._watchdog.remove(self)
            self.channel.close()
            os.close(self.pidfd)
            for segment in (self.input, self.output):
                if segment is not None:
                    segment.close()
            self.input = self.output = None
            shutil.rmtree(self.scratch, ignore_errors=True)
            return exit_code

    def exceeded(self, message: str, *, limit: LimitName, remedy: str) -> None:
        """The watchdog's verdict: too much of something."""
        self.kill(LimitExceeded(message, limit=limit, plugin_id=self.plugin_id, remedy=remedy))

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, OSError):
            signal.pidfd_send_signal(self.pidfd, number)


def _readable(descriptor: int, timeout_s: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(timeout_s * 1000))
