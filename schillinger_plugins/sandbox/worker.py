"""One confined worker process, as the host holds it.

Owns its process id and pidfd, its channel, its segments, its scratch folder, and the reason if it had to be killed.
`end` gives back all of it. Made by `Sandbox.spawn`, spoken to through the drivers, watched by the watchdog.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ..errors import LimitExceeded, LimitName, PluginError, ProtocolViolation, WorkerCrashed, signal_name
from ..protocol import frames
from ..protocol.line import Line, may_look
from ..protocol.patience import Patience
from ..scratch import remove
from .growth import Growth
from .limits import Limits
from .log import Log
from .segment import Segment
from .steps import OnFetch
from .watchdog import Watchdog, Watched

CANCEL_GRACE_S = 1.0
"""How long a plugin that was asked to stop may take."""

WATCHDOG_SLACK_S = 5.0
"""How long after the watchdog's own deadline a driver gives up waiting for it."""

_LOOK_UP_S = 0.25
"""How long a driver sleeps at a stretch: a signal that came just before it fell asleep is noticed then at the latest."""

_SEND_DEADLINE_S = 5.0

DEATH_WAIT_S = 1.0
"""How long a worker that has closed its channel may take to end."""

_libc = ctypes.CDLL(None)


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
        box: Segment,
        log: Log,
        pipes: dict[int, Callable[[int], bool]],
        scratch: Path,
        limits: Limits,
    ) -> None:
        self._process = os.getpid()
        self._reap = reap
        self._watchdog = watchdog
        self.pid = pid
        self.pidfd = pidfd
        self.channel = channel
        self._memory = box
        self.line = Line(channel, box.view, host=True)
        self.patience = Patience(spare_core=may_look())
        self.log = log
        self.pipes = pipes
        self._death = _death(pidfd)
        self.scratch = scratch
        self.limits = limits
        self.input: Segment | None = None
        self.other_input: Segment | None = None
        self.layout: tuple[tuple[object, ...], ...] = ()
        self.content = 0
        self.output: Segment | None = None
        self.busy = False
        self.ready = False
        self.cancelling = False
        self.interrupts = self.interrupts_before = 0
        self.patient_until_s = 0.0
        self.shown_as = ("", "")
        self.state = b""
        self.on_fetch: OnFetch | None = None
        self.watched: Watched | None = None
        self.turns = 0
        self.memory_bytes = 0
        self.peak_memory_bytes = 0
        self.growth = Growth()
        self.leaks = False
        self.verdict: PluginError | None = None
        self._clock = (~pid << 3) | 2  # CPUCLOCK_SCHED of that process: what clock_getcpuclockid(3) computes
        self._cpu_s = 0.0
        self._ending = threading.RLock()
        self._signalling = threading.RLock()
        self._interrupting = threading.Lock()
        self._ended = False
        # The kernel's own timeouts, which cost no call a system call.
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, int(_LOOK_UP_S * 1e6)))
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(_SEND_DEADLINE_S), 0))

    @property
    def plugin_id(self) -> str:
        """Whose code runs in it."""
        return self.log.plugin_id

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        if self._ended:
            return False
        try:
            return not self._death.poll(0)
        except RuntimeError:  # another thread asks at this moment, and one such object can't be asked by two
            return not self._dies_within(0)

    @property
    def segment_bytes(self) -> int:
        """Size of the shared memory that the host gave it."""
        return self._memory.size + sum(segment.size for segment in self._segments())

    def cpu_s(self) -> float:
        """CPU time of all its threads so far, in seconds."""
        self._cpu_s = time.clock_gettime(self._clock)
        return self._cpu_s

    def cpu_seen_s(self) -> float:
        """The same, also when it has ended: then as it was seen last, by the watchdog for example."""
        try:
            return self.cpu_s()
        except OSError:
            return self._cpu_s

    def begin(self, limits: Limits) -> None:
        """Begin a conversation: the watchdog holds the worker to `limits` until `finish`."""
        now_s = time.monotonic()
        if self.cancelling:
            with self._interrupting:  # not while what this call will fetch could be taken for the last one's
                self.cancelling = False
        self.interrupts_before = self.interrupts
        self.patient_until_s = now_s + limits.wall_s + WATCHDOG_SLACK_S
        self.turns += 1
        self.peak_memory_bytes = self.memory_bytes
        self.watched = Watched(limits, now_s)
        self._watchdog.attend()

    def finish(self, error: BaseException | None = None) -> None:
        """End it, with what was raised in it.

        A worker that has broken the protocol, or is left in the middle of a call, is ended: nothing it says later could
        be told from the answer to another call.
        """
        if isinstance(error, ProtocolViolation):
            error.plugin_id = self.plugin_id
            self.kill(error)
            self.busy = True
        self.watched = None
        if self.busy:
            self.end()

    def read_log(self) -> None:
        """Read what it has printed and logged until now, rather than when the watchdog comes by."""
        self._watchdog.read(self)

    def write_into(self, log: Log) -> None:
        """Have what it prints, logs and does from now on told in another log: it has become that instance's."""
        self._watchdog.redirect(self, log)
        log.trace.shown_as = self.shown_as

    def slept(self, seconds: float) -> None:
        """Note how long an answer took that had to be slept for; where looking for answers begins, see that it can help.

        The kernel wakes a worker on the core of whoever sends to it, and there it gets no turn while that one looks. So it
        is moved off, once; while both look nobody is woken, and it stays where it is.
        """
        if self.patience.slept(seconds):
            with contextlib.suppress(OSError):
                everywhere = os.sched_getaffinity(self.pid)
                elsewhere = everywhere - {_libc.sched_getcpu()}
                if elsewhere:
                    os.sched_setaffinity(self.pid, elsewhere)
                    os.sched_setaffinity(self.pid, everywhere)

    def send(self, data: bytes, descriptor: int | None = None, *, wait: bool = True) -> None:
        """Send a frame, then a descriptor. A worker that has died says so at the next receive."""
        flags = 0 if wait else socket.MSG_DONTWAIT
        with contextlib.suppress(OSError, ValueError):
            self.line.send(data, descriptor, flags)

    def interrupted(self) -> None:
        """Ctrl-C: ask the running call to end; the second time, end the worker. Called in a signal handler."""
        if self.cancelling:
            self.kill()
        else:
            self.ask_to_cancel()

    def ask_to_cancel(self) -> None:
        """Ask the running call to end."""
        self.cancelling = True
        self.interrupts += 1
        self.patient_until_s = time.monotonic() + CANCEL_GRACE_S
        self._signal(signal.SIGINT)

    def interrupt_fetch(self) -> None:
        """End what the host fetches for a call that was asked to end. Called by the watchdog, as long as that goes on.

        Not by whoever asks, which may be a signal handler: it could wait for a lock that the code below it holds.
        """
        with self._interrupting:
            if self.cancelling and self.watched is not None and self.on_fetch is not None:
                self.on_fetch.interrupt()

    def kill(self, verdict: PluginError | None = None) -> None:
        """End the process now. The first verdict stands."""
        if self.verdict is None:
            self.verdict = verdict
        self._signal(signal.SIGKILL)

    def explain_death(self, wait_s: float = DEATH_WAIT_S) -> PluginError:
        """Why the channel closed: the verdict, how the process ended, or that it only pretends to have ended."""
        if not self._dies_within(wait_s):
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
        if os.getpid() == self._process and self.alive and self.watched is None:
            with contextlib.suppress(OSError):
                self.line.send(frames.encode(frames.Stop()), flags=socket.MSG_DONTWAIT)
                self._dies_within(deadline_s)
        self.end()

    def end(self) -> int | None:
        """Kill the process if it still runs, reap it, and give back everything it held.

        Returns
        -------
        int or None
            How it ended (negative for a signal), None if its zygote is gone or it had been ended before.
        """
        with self._ending:
            if self._ended or os.getpid() != self._process:  # a fork of the host must leave alone what it inherited
                return None
            self._signal(signal.SIGKILL)
            if self.on_fetch is not None:
                self.on_fetch.close()
            exit_code = self._reap(self.pid)
            self._ended = True
            self.watched = None
            self._watchdog.remove(self)
            self.channel.close()
            with self._signalling:  # a signal sent to a number that has been closed could reach another worker
                pidfd, self.pidfd = self.pidfd, -1
                if pidfd >= 0:
                    os.close(pidfd)
            for segment in self._segments():
                segment.close()
            self.line.close()
            self._memory.close()
            self.input = self.other_input = self.output = None
            remove(self.scratch)
            return exit_code

    def exceeded(self, message: str, *, limit: LimitName, setting: str, remedy: str) -> None:
        """The watchdog's verdict: too much of something."""
        self.kill(LimitExceeded(message, limit=limit, setting=setting, plugin_id=self.plugin_id, remedy=remedy))
        if (
            self.on_fetch is not None
        ):  # the driver may be waiting for a server rather than for the worker; killed before, not after: it must not answer
            self.on_fetch.close()

    def _segments(self) -> list[Segment]:
        return [segment for segment in (self.input, self.other_input, self.output) if segment is not None]

    def _signal(self, number: int) -> None:
        with self._signalling, contextlib.suppress(OSError):
            if self.pidfd >= 0 and os.getpid() == self._process:
                signal.pidfd_send_signal(self.pidfd, number)

    def _dies_within(self, seconds: float) -> bool:
        pidfd = self.pidfd
        return pidfd < 0 or bool(_death(pidfd).poll(seconds * 1000))


def _death(pidfd: int) -> select.poll:
    """What becomes readable when the process ends."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return poll
