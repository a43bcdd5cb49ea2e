"""Recorder: what runs, happens and is said, as records for the journal.

Owns what is told of each: who, which code, with what, at what cost, how it ended. Calls that follow each other faster than
they can be told one by one are summed up, instance by instance, so that counting them costs next to nothing and none is
lost. Values that a configuration marks as secret are not told. Called by ``instance`` and ``flow``; what reads records is
``journal``.
"""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec

from .behalf import current
from .call import Call, Digests, digests_of_failed
from .errors import PluginError, PluginExecutionError
from .events import Event, Events
from .happenings import MAX_TRACEBACK, NAMES, Happenings
from .journal import Journal, Keeping, Line, Ran, Record, Retention, Writer, packed
from .loaded import LoadedPlugin
from .permissions import current_user
from .result import recorded
from .sandbox.growth import Growth
from .sandbox.log import LogLine
from .sandbox.worker import Worker
from .schema.secrecy import hidden, hidden_within, told_secrets, without_secrets

ONE_BY_ONE_PER_S = 100
"""Calls that are told one by one."""

LINES_PER_S = 500
"""Lines that are told; what is beyond them is counted."""

TRACEBACKS_PER_S = 5
"""Tracebacks that are told; of a failure that comes over and over the first few say all."""

LINES_BYTES = 4 * 1024 * 1024
"""Of lines on their way to the journal that would outlive this process."""

_NO_USAGE = 0, 0, Growth(), 0


class _Budget:
    """So many a second."""

    __slots__ = ("_left", "_per_s", "_until_s")

    def __init__(self, per_s: int) -> None:
        self._per_s = per_s
        self._left = per_s
        self._until_s = 0.0

    def take(self) -> bool:
        """Whether there is one more."""
        self._left -= 1
        if self._left >= 0:
            return True
        now_s = time.monotonic()
        if now_s < self._until_s:
            return False
        self._until_s = now_s + 1.0
        self._left = self._per_s - 1
        return True


class _Sum(msgspec.Struct):
    """Calls of one instance that are told together."""

    calls: int
    wall_s: float
    cpu_s: float


class Recorder:
    """Tells the journal what one manager does.

    Parameters
    ----------
    journal : callable
        Gives the journal that counts now.
    events : Events
    happenings : Happenings
        What is told of them.
    retention : Retention
        What is kept; with ``days=0`` nothing is told.
    """

    def __init__(
        self,
        journal: Callable[[], Journal],
        *,
        events: Events,
        happenings: Happenings,
        retention: Retention,
    ) -> None:
        self.session = secrets.token_hex(4)
        self.is_on = retention.days > 0
        self._writer = Writer(journal, retention=retention, keep=self._keep_lines)
        # Of whoever was told of a run by its name, and of what plugins said: each bounded by itself.
        self._kept = Keeping(journal, self.session, writer=self._writer)
        self._kept_lines = Keeping(journal, f"{self.session}-lines", writer=self._writer, max_bytes=LINES_BYTES)
        self._unkept: deque[LogLine] = deque(maxlen=2 * LINES_PER_S)
        self._user = current_user()
        self._happenings = happenings
        self._numbers = itertools.count(1)
        self._budget = _Budget(ONE_BY_ONE_PER_S)
        self._lines = _Budget(LINES_PER_S)
        self._tracebacks = _Budget(TRACEBACKS_PER_S)
        self._sums: dict[tuple[str, str], _Sum] = {}
        self._streams: dict[tuple[str, str], Callable[[], Ran]] = {}
        self._lock = threading.Lock()
        if self.is_on:
            for name in NAMES:
                events.subscribe(name, self._happened)

    @property
    def dropped(self) -> int:
        """Records that were lost so far."""
        return self._writer.dropped

    @property
    def problem(self) -> str:
        """Why the journal can't be written at the moment; empty if it can."""
        return self._writer.problem

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until what happened until now is written; whether it was."""
        return self._writer.flush(timeout_s)

    def close(self) -> None:
        """Write what waits, and end."""
        is_written = self._writer.close()
        self._kept.close(is_written=is_written)
        self._kept_lines.close(is_written=is_written)

    def new_run(self) -> str:
        """What the next run is called."""
        return f"{self.session}-{next(self._numbers)}"

    def begin(self, instance_id: str, call: Call) -> None:
        """A call begins: give it the name of its run, and of the user in whose name it is made."""
        behalf = current()
        call.user, call.purpose = behalf.user, behalf.purpose
        call.run_id = behalf.call_of(instance_id) if behalf.run_id else self.new_run()

    def ran(
        self,
        instance_id: str,
        plugin: LoadedPlugin,
        config: Mapping[str, Any],
        call: Call,
        *,
        seed: int,
        digests: Digests,
        wall_s: float,
        cpu_s: float,
        worker: Worker,
        waiting: int,
        from_stream: bool = False,
    ) -> None:
        """A call has returned. Those of a stream are one record, written when it ends: writing could make a block late."""
        if not self.is_on:
            return
        is_awaited = call.method == "execute" and current().is_awaited
        # Those of a test suite are thousands, and of interest as a sum.
        told = is_awaited or (call.method == "execute" and call.purpose != "test" and self._budget.take())
        key = (instance_id, call.method)
        if not told:
            with self._lock:
                summed = self._sums.get(key)
                if summed is not None:
                    summed.calls += 1
                    summed.wall_s += wall_s
                    summed.cpu_s += cpu_s
                    return
                self._sums[key] = _Sum(1, wall_s, cpu_s)
        usage = worker.peak_memory_bytes, worker.memory_bytes, worker.growth, waiting
        make = partial(self._ran, instance_id, plugin, config, call, seed, digests, wall_s, cpu_s, usage, "done")
        if is_awaited:
            self._kept.put(make())
        elif from_stream:
            self._streams[key] = make
        else:
            self._writer.put(make if told else partial(self._summed, key, make))

    def stream_ended(self, instance_id: str) -> None:
        """Write down what its calls came to."""
        for key in [key for key in self._streams if key[0] == instance_id]:
            make = self._streams.pop(key)
            self._writer.put(partial(self._summed, key, make))

    def failed(
        self,
        instance_id: str,
        plugin: LoadedPlugin,
        config: Mapping[str, Any],
        call: Call,
        error: BaseException,
    ) -> str:
        """A call has raised, was interrupted, or was refused before it began. What its run is called."""
        if not call.run_id:
            call = msgspec.structs.replace(call)
            self.begin(instance_id, call)
        if not self.is_on:
            return call.run_id
        cancelled = not isinstance(error, Exception)
        text = "" if cancelled else error.message if isinstance(error, PluginError) else str(error)
        kind = "" if cancelled else type(error).__name__
        trace = error.traceback_text.strip() if isinstance(error, PluginExecutionError) else ""
        trace = trace[-MAX_TRACEBACK:] if trace and self._tracebacks.take() else ""
        wall_s = time.perf_counter() - call.started_s if call.started_s else 0.0
        cpu_s, usage = _used(call)
        # Who has given up doesn't wait for digests.
        digests = {} if cancelled else digests_of_failed(call.inputs)
        seed = call.seed or 0
        outcome = "cancelled" if cancelled else "failed"
        make = partial(
            self._ran,
            instance_id,
            plugin,
            config,
            call,
            seed,
            lambda: digests,
            wall_s,
            cpu_s,
            usage,
            outcome,
            kind,
            text,
            trace,
        )  # not the exception: its traceback would keep the arrays of the call
        if current().is_awaited:
            self._kept.put(make())
        else:
            self._writer.put(make)
        return call.run_id

    def ended(self, record: Ran) -> None:
        """A run has ended that has other runs as its parts; who it was, and in which session, is filled in."""
        if not self.is_on:
            return
        behalf = current()
        record = replace(record, user=behalf.user or self._user, session=self.session, purpose=behalf.purpose)
        if behalf.is_awaited:
            self._kept.put(record)
        else:
            self._writer.put(partial(_same, record))

    def said(self, line: LogLine) -> None:
        """A plugin has printed or logged something. Called by whoever reads its log."""
        if self.is_on:
            if self._lines.take():
                # Kept by the writer: who reads is the watchdog, which must not wait for a disk.
                if self._writer.put(partial(self._line, line)):
                    self._unkept.append(line)
                    self._writer.soon()
            else:
                self._writer.dropped += 1

    def _keep_lines(self) -> None:
        """Put down what was said, so that it outlives this process. Called in the writer's thread."""
        while self._unkept:
            self._kept_lines.put(self._line(self._unkept.popleft()), is_queued=True)

    def _happened(self, event: Event) -> None:
        behalf = current()
        happening = self._happenings.of(event, user=behalf.user or self._user, session=self.session)
        if happening is not None:
            self._writer.put(partial(_same, replace(happening, purpose=behalf.purpose)))

    def _ran(
        self,
        instance_id: str,
        plugin: LoadedPlugin,
        config: Mapping[str, Any],
        call: Call,
        seed: int,
        digests: Callable[[], dict[str, str]],
        wall_s: float,
        cpu_s: float,
        usage: tuple[int, int, Growth, int],
        outcome: Any,
        error_kind: str = "",
        error: str = "",
        traceback: str = "",
    ) -> Ran:
        known, parameters = told_secrets(config, plugin.manifest.config_schema), recorded(call.parameters)
        if known:  # what a plugin was given it may well quote, and who calls it give once more
            error, traceback = hidden(error, known), hidden(traceback, known)
            parameters = hidden_within(parameters, known)
        peak_memory_bytes, memory_bytes, growth, waiting = usage
        return Ran(
            run_id=call.run_id,
            at=_iso(call.started_at_s or time.time()),
            user=call.user or self._user,
            session=self.session,
            plugin_id=plugin.plugin_id,
            version=plugin.manifest.metadata.version,
            content_hash=plugin.content_hash,
            instance_id=instance_id,
            method=call.method,
            parameters=packed(parameters),
            config=packed(without_secrets(config, plugin.manifest.config_schema)),
            input_digests=packed(digests()),
            level=str(plugin.level),
            seed=seed,
            calls=1,
            wall_s=wall_s,
            cpu_s=cpu_s,
            peak_memory_bytes=peak_memory_bytes,
            outcome=outcome,
            error_kind=error_kind,
            error=error,
            traceback=traceback,
            memory_bytes=memory_bytes,
            growth_bytes_per_call=growth.bytes_per_call,
            waiting=waiting,
            kind="workflow" if plugin.manifest.metadata.plugin_type == "WORKFLOW" else "call",
            purpose=call.purpose,
        )

    def _summed(self, key: tuple[str, str], make: Callable[[], Ran]) -> Ran:
        first = make()
        with self._lock:
            summed = self._sums.pop(key)
        return replace(first, calls=summed.calls, wall_s=summed.wall_s, cpu_s=summed.cpu_s)

    def _line(self, line: LogLine) -> Line:
        return Line(
            at=_iso(line.time_s),
            user=line.user or self._user,
            session=self.session,
            run_id=line.run_id,
            plugin_id=line.plugin_id,
            version=line.version,
            instance_id=line.instance_id,
            level=line.level,
            text=line.text,
            purpose=line.purpose,
        )


def _used(call: Call) -> tuple[float, tuple[int, int, Growth, int]]:
    """The CPU time and the memory of a call that hasn't returned."""
    worker = call.worker
    if worker is None:
        return 0.0, _NO_USAGE
    return max(0.0, worker.cpu_seen_s() - call.cpu_before_s), (worker.peak_memory_bytes, 0, Growth(), 0)


def _same(record: Record) -> Record:
    return record


def _iso(time_s: float) -> str:
    return datetime.fromtimestamp(time_s, UTC).isoformat(timespec="milliseconds")
