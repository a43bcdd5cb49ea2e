"""Writer: puts records into the journal without keeping anybody waiting.

Owns a queue that is bounded and the thread that empties it, which begins with the first record. What finds no room is
dropped, and counted. A journal that can't be written (a full disk, a server that has gone) is tried again, more and more
seldom, while the queue fills; nobody's call fails of it. Called by ``recorder``.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial

from ..errors import PluginError
from .records import Record, RecordBook
from .retention import Retention

MAX_WAITING = 10_000
"""Records that may wait to be written."""

BATCH = 500
"""Records of one transaction."""

GATHER_S = 1.0
"""How long records are gathered before they are written: one transaction costs more than a hundred rows."""

KEEP_S = 0.02
"""How long what is to outlive a kill waits for others of its kind."""

GROWN_S = 0.5
"""How often what grows while it is gathered is kept anew."""

MAX_PAUSE_S = 60.0
"""Between two tries at a journal that can't be written."""

TIDY_EVERY_S = 3600.0

_log = logging.getLogger(__name__)

MakeRecord = Callable[[], Record]
Told = Callable[[bool], object]


class _Mark:
    """A place in the queue, and who wants to know when all before it is written."""

    __slots__ = ("told",)

    def __init__(self, told: Told) -> None:
        self.told = told


class Writer:
    """The way into a journal. Safe to use from several threads.

    Parameters
    ----------
    journal : callable
        Gives the journal that is to be written now.
    retention : Retention
        What is kept.
    keep : callable
        Called in the writer's thread within `KEEP_S` of `soon`, every `GROWN_S` while records are gathered, and before what
        was put is written.

    Attributes
    ----------
    dropped : int
        Records that were lost so far.
    problem : str
        Why the journal can't be written at the moment; empty if it can.
    """

    def __init__(
        self, journal: Callable[[], RecordBook], *, retention: Retention, keep: Callable[[], object] = lambda: None
    ) -> None:
        self._journal = journal
        self._keep = keep
        self._keeps = False
        self._retention = retention
        self._waiting: deque[MakeRecord | _Mark] = deque()
        self._passed: list[_Mark] = []
        self._changed = threading.Condition()
        self._asleep = True
        self._marks = 0
        self._busy = False
        self._ended = False
        self._thread: threading.Thread | None = None
        self._process = os.getpid()
        self._tidied_s = float("-inf")
        self.dropped = 0
        self.problem = ""

    def put(self, make: MakeRecord) -> bool:
        """Have a record written soon; whether there was room. It is made in the writer's thread: nobody waits for it."""
        if len(self._waiting) >= MAX_WAITING or self._ended or os.getpid() != self._process:
            self.dropped += 1
            return False
        self._waiting.append(make)
        if self._asleep:
            self._wake()
        return True

    def soon(self) -> None:
        """Have `keep` called soon: there is something for it that was put."""
        if not self._keeps:  # else it comes by itself: waking it for each line would cost more than the line
            self._keeps = True
            self._wake()

    def mark(self, told: Told) -> None:
        """Have `told` called with True as soon as all is written that was put before, and with False if it isn't for now.

        What is put is written at once then. Called in the writer's thread, or in this one.
        """
        with self._changed:
            is_there = not (self._ended or self.problem) and os.getpid() == self._process
            if is_there:
                self._waiting.append(_Mark(told))
                self._marks += 1
        if is_there:
            self._wake()
        else:
            told(False)

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until all is written that was put before; whether it was."""
        if self._is_idle:
            return True
        passed, answers = threading.Event(), list[bool]()

        def told(is_written: bool) -> None:
            answers.append(is_written)
            passed.set()

        self.mark(told)
        passed.wait(timeout_s)
        return answers == [True]

    def close(self, timeout_s: float = 2.0) -> bool:
        """Write what waits, and end; whether all is written. What can't be within that time is lost."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        if self._thread is not None and os.getpid() == self._process:
            self._thread.join(timeout_s)
        return self._is_idle and self.dropped == 0

    @property
    def _is_idle(self) -> bool:
        return not (self._waiting or self._busy)

    def _wake(self) -> None:
        with self._changed:
            self._asleep = False
            if self._thread is None and not self._ended:
                self._thread = threading.Thread(target=self._run, name="schillinger-journal", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _run(self) -> None:
        while not self._ended or self._waiting:
            with self._changed:
                # Set before the queue is looked at: a record that comes in between is either seen here or wakes us.
                self._asleep = True
                self._changed.wait_for(lambda: bool(self._waiting) or self._ended)
                self._asleep = False
            # What comes meanwhile goes into the same transaction.
            self._gather()
            with self._changed:
                self._busy = True
            self._empty()
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _gather(self) -> None:
        until_s = time.monotonic() + GATHER_S
        while not (self._marks or self._ended) and (left_s := until_s - time.monotonic()) > 0:
            with self._changed:
                if not self._keeps:
                    self._changed.wait_for(lambda: self._marks or self._ended or self._keeps, min(left_s, GROWN_S))
                if self._keeps:
                    self._changed.wait_for(lambda: self._marks or self._ended, min(left_s, KEEP_S))
            self._keep_now()
        self._keep_now()

    def _keep_now(self) -> None:
        # Before it is looked at what there is: what comes in between is either seen now or wakes us.
        self._keeps = False
        try:
            self._keep()
        except Exception:  # what is kept is written as well
            _log.exception("what ran or was said could not be kept")

    def _empty(self) -> None:
        pause_s, batch = 1.0, self._made()
        while batch or self._passed:
            if not batch or self._write(batch):
                self._tell(True)
                # What has come since is left to be gathered, unless it is a whole batch or somebody still waits for it.
                is_due = len(self._waiting) >= BATCH or self._marks or self._ended
                pause_s, batch = 1.0, self._made() if is_due else []
                continue
            self._tell(False)
            if self._rest(pause_s):
                self.dropped += len(batch) + len(self._waiting)
                self._waiting.clear()
                return
            pause_s = min(MAX_PAUSE_S, 2 * pause_s)

    def _rest(self, seconds: float) -> bool:
        """Wait before the next try; whether all ends. Meanwhile what comes is made, or it would keep the arrays of calls."""
        deadline_s = time.monotonic() + seconds
        while (left_s := deadline_s - time.monotonic()) > 0:
            with self._changed:
                if self._changed.wait_for(lambda: self._ended, min(left_s, GATHER_S)):
                    return True
            self._keep_now()
            made = [self._waiting.popleft() for _ in range(len(self._waiting))]
            self._waiting.extendleft(reversed([partial(_same, record) for record in self._records(made)]))
            self._tell(False)
        return self._ended

    def _made(self) -> list[Record]:
        return self._records([self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))])

    def _tell(self, is_written: bool) -> None:
        """Who wanted to know of what has been taken from the queue."""
        passed, self._passed = self._passed, []
        for mark in passed:
            try:
                mark.told(is_written)
            except Exception:  # their own affair
                _log.exception("somebody could not be told that the journal is written")

    def _records(self, makers: list[MakeRecord | _Mark]) -> list[Record]:
        records: list[Record] = []
        for make in makers:
            if isinstance(make, _Mark):
                with self._changed:
                    self._marks -= 1
                self._passed.append(make)
                continue
            try:
                records.append(make())
            except Exception:  # one record that can't be made is no reason to lose the others
                self.dropped += 1
                _log.exception("a record for the journal could not be made")
        return records

    def _write(self, batch: list[Record]) -> bool:
        journal = self._journal()
        try:
            journal.add(batch)
            if time.monotonic() - self._tidied_s > TIDY_EVERY_S:
                self._tidied_s = time.monotonic()
                self._retention.hold(journal)
        except PluginError as error:
            if not self.problem:
                _log.warning("nothing is written into the journal: %s", error)
            self.problem = error.message
            return False
        except Exception:  # what no journal takes is not tried for ever while the others wait
            self.dropped += len(batch)
            _log.exception("%d records could not be written into the journal", len(batch))
        self.problem = ""
        return True


def _same(record: Record) -> Record:
    return record
