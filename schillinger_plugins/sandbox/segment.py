"""Shared memory that the host owns and a worker sees.

Owns the memfds and their seals, which are what protects: a worker could reopen a descriptor through ``/proc/self/fd``,
but can't write a segment sealed against it, nor shrink one under the host's feet. A segment belongs to one worker for as
long as that lives and is reused from call to call, since the page faults of a fresh mapping cost six times the copy.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import queue
import time
from collections.abc import Callable

from .scarcity import scarcity

_F_SEAL_FUTURE_WRITE = 0x0010  # not in fcntl before Python 3.13's successor
_SMALLEST = 64 * 1024
_READ_WITHIN_S = 10.0


class Segment:
    """A piece of shared memory.

    Parameters
    ----------
    size : int
        Bytes needed; rounded up to a power of two (pages that are never touched cost nothing).
    writable : bool
        Whether the worker may write: True for outputs, False for inputs.
    """

    def __init__(self, size: int, *, writable: bool) -> None:
        self._memory: list[tuple[memoryview, mmap.mmap, int]] = []
        self.size = max(_SMALLEST, 1 << (size - 1).bit_length())
        with scarcity(f"sharing {self.size >> 10} kB of memory with a worker"):
            self.descriptor = os.memfd_create("schillinger", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            try:
                os.ftruncate(self.descriptor, self.size)
                seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW
                fcntl.fcntl(self.descriptor, fcntl.F_ADD_SEALS, seals)
                self._map = mmap.mmap(self.descriptor, self.size)
                # After the host's own writable mapping exists, no other can be made.
                last = fcntl.F_SEAL_SEAL | (0 if writable else _F_SEAL_FUTURE_WRITE)
                fcntl.fcntl(self.descriptor, fcntl.F_ADD_SEALS, last)
            except BaseException:
                os.close(self.descriptor)
                raise
        self.view = memoryview(self._map)
        # No lock anywhere below: readers that are forgotten are released by the collector, in the middle of whatever the
        # thread is doing. Each step is one operation on a container, which no other thread can part.
        self._memory.append((self.view, self._map, self.descriptor))
        self._readers: set[object] = set()
        self._closed = False
        self._waiting = 0
        self._released: queue.SimpleQueue[None] = queue.SimpleQueue()

    @property
    def is_read(self) -> bool:
        """Whether somebody reads it still, so that it must not be written."""
        return bool(self._readers)

    def hold(self) -> Callable[[], None]:
        """Keep the content as it is until the returned function is called, or forgotten."""
        return _Reading(self)

    def wait_until_free(self) -> None:
        """Wait until nobody reads it, but no longer than hashing a gigabyte takes."""
        deadline_s = time.monotonic() + _READ_WITHIN_S
        self._waiting += 1
        try:
            while self._readers and time.monotonic() < deadline_s:
                with contextlib.suppress(queue.Empty):
                    self._released.get(timeout=0.1)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Give the memory back, now or when the last reader is done. The worker's own mapping stays until it ends."""
        self._closed = True
        self._give_back()

    def __del__(self) -> None:
        if self._memory:
            self._readers.clear()
            self.close()

    def _done(self, reader: object) -> None:
        self._readers.discard(reader)
        if self._waiting:
            self._released.put(None)
        self._give_back()

    def _give_back(self) -> None:
        if not self._closed or self._readers:
            return
        try:
            view, mapping, descriptor = self._memory.pop()
        except IndexError:  # another thread does it
            return
        os.close(descriptor)
        with contextlib.suppress(BufferError):  # somebody has kept a view of it: the memory is given back with that
            view.release()
            mapping.close()


class _Reading:
    """One reader, who is done once, and whose end can't be missed: a segment that stays read is never written again."""

    __slots__ = ("_reader", "_segment")

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self._reader = object()
        segment._readers.add(self._reader)

    def __call__(self) -> None:
        self._segment._done(self._reader)

    def __del__(self) -> None:
        self()
