"""Recorder: what runs, happens and is said, as records for the journal.

Owns what is told of each: who, which code, with what, at what cost, how it ended. Calls that follow each other faster than
they can be told one by one are summed up, instance by instance, so that counting them costs next to nothing and none is
lost. Values that a configuration marks as secret are not told. Called by ``instance`` and ``flow``; what reads records is
``journal``.
"""

from __future__ import annotations

import itertools
import secrets
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
from .journal import MAX_WAITING, Happening, Journal, Keeping, Key, Line, Ran, Retention, Sums, Writer, packed
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

RUNS_BYTES = LINES_BYTES = 4 * 1024 * 1024
"""Of lines, and of events and the runs that nobody was told of, on their way to the journal, that outlive this process."""

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


class _Once:
    """Makes a record when it is first asked for, and has it then. Asked by the writer's thread alone."""

    __slots__ = ("_make", "_record")

    def __init__(self, make: Callable[[], Ran]) -> None:
        self._make: Callable[[], Ran] | None = make
        self._record: Ran | None = None

    def __call__(self) -> Ran:
        if self._record is None:
            assert self._make is not None
            self._record, self._make = self._make(), None  # which may hold arrays
        return self._record


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
        self._writer = Writer(journal, retention=retention, keep=self._keep)
        # Of whoever was told of a run by its name, of other runs, and of what plugins said: each bounded by itself.
        self._kept = Keeping(journal, self.session, writer=self._writer)
        self._kept_runs = Keeping(journal, f"{self.session}-runs", writer=self._writer, max_bytes=RUNS_BYTES)
        self._kept_lines = Keeping(journal, f"{self.session}-lines", writer=self._writer, max_bytes=LINES_BYTES)
        self._unkept: deque[Callable[[], Ran | Happening]] = deque(maxlen=MAX_WAITING)
        self._unkept_lines: deque[LogLine] = deque(maxlen=2 * LINES_PER_S)
        self._user = current_user()
        self._happenings = happenings
        self._numbers = itertools.count(1)
        self._budget = _Budget(ONE_BY_ONE_PER_S)
        self._lines = _Budget(LINES_PER_S)
        self._tracebacks = _Budget(TRACEBACKS_PER_S)
        self._sums = Sums()
        self._streams: dict[Key, _Once] = {}
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
        self._kept_runs.close(is_written=is_written)
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
        if not told and self._sums.add(key, wall_s, cpu_s):
            return
        usage = worker.peak_memory_bytes, worker.memory_bytes, worker.growth, waiting
        make = _Once(partial(self._ran, instance_id, plugin, config, call, seed, digests, wall_s, cpu_s, usage, "done"))
        if is_awaited:
            self._kept.put(make())
        elif from_stream:
            self._streams[key] = make
        elif told:
            self._put(make)
        else:
            self._sums.keep(key, make)
            self._put_sum(key, make)

    def stream_ended(self, instance_id: str) -> None:
        """Write down what its calls came to."""
        for key in [key for key in self._streams if key[0] == instance_id]:
            make = self._streams.pop(key)
            self._put_sum(key, make)

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
        # Not the exception: its traceback would keep the arrays of the call.
        how = outcome, kind, text, trace
        make = _Once(
            partial(self._ran, instance_id, plugin, config, call, seed, lambda: digests, wall_s, cpu_s, usage, *how)
        )
        if current().is_awaited:
            self._kept.put(make())
        else:
            self._put(make)
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
            self._put(lambda: record)

    def said(self, line: LogLine) -> None:
        """A plugin has printed or logged something. Called by whoever reads its log."""
        if self.is_on:
            if self._lines.take():
                # Kept by the writer: who reads is the watchdog, which must not wait for a disk.
                if self._writer.put(partial(self._line, line)):
                    self._unkept_lines.append(line)
                    self._writer.soon()
            else:
                self._writer.dropped += 1

    def _put(self, make: Callable[[], Ran | Happening]) -> None:
        if self._writer.put(make):
            self._unkept.append(make)
            self._writer.soon()

    def _put_sum(self, key: Key, make: _Once) -> None:
        if not self._writer.put(partial(self._sums.close, key, make)):
            self._sums.drop(key)

    def _keep(self) -> None:
        """Put down what ran, happened and was said, so that it outlives this process. Called in the writer's thread."""
        records = [self._unkept.popleft()() for _ in range(len(self._unkept))]
        self._kept_runs.keep([*records, *self._sums.grown()])
        self._kept_lines.keep([self._line(self._unkept_lines.popleft()) for _ in range(len(self._unkept_lines))])

    def _happened(self, event: Event) -> None:
        behalf = current()
        happening = self._happenings.of(event, user=behalf.user or self._user, session=self.session)
        if happening is not None:
            record = replace(happening, purpose=behalf.purpose)
            self._put(lambda: record)

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


def _iso(time_s: float) -> str:
    return datetime.fromtimestamp(time_s, UTC).isoformat(timespec="milliseconds")
