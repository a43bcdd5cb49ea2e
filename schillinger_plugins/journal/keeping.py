"""Keeping: what a process has put into its spool, until it is in the journal.

Owns a spool, safe to use from several threads, and when its files go: as soon as all is written that they hold. Called by
``recorder``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from .records import Ran, Record, RecordBook
from .spool import Spool, folder_of
from .writer import Writer


class Keeping:
    """What is on its way to the journal, and outlives this process.

    Parameters
    ----------
    journal : callable
        Gives the journal that counts now.
    name, max_bytes
        As for `Spool`.
    writer : Writer
        What is kept is put there, too.
    """

    def __init__(
        self, journal: Callable[[], RecordBook], name: str, *, writer: Writer, max_bytes: int | None = None
    ) -> None:
        self._journal = journal
        self._name = name
        self._writer = writer
        self._max_bytes = max_bytes
        self._spool: Spool | None = None
        self._lock = threading.Lock()

    def put(self, record: Ran) -> None:
        """Keep it, and have it written."""
        self._keep((record,), is_queued=False)

    def keep(self, queued: Sequence[Record]) -> None:
        """Keep what is in the writer's queue already."""
        if queued:
            self._keep(queued, is_queued=True)

    def _keep(self, records: Sequence[Record], *, is_queued: bool) -> None:
        with self._lock:
            if self._spool is None:
                self._spool = Spool(folder_of(self._journal().place), self._name, max_bytes=self._max_bytes)
            full = self._spool.put(*records)
            for record in () if is_queued else records:
                self._writer.put(partial(_same, record))
        if full:
            self._writer.mark(partial(self._forget, full))

    def close(self, *, is_written: bool) -> None:
        """End; what isn't written stays for whoever opens the journal next."""
        with self._lock:
            if self._spool is not None:
                self._spool.close(is_written=is_written)
                self._spool = None

    def _forget(self, full: list[Any], is_written: bool) -> None:
        with self._lock:
            if is_written and self._spool is not None:
                self._spool.forget(full)


def _same(record: Record) -> Record:
    return record
