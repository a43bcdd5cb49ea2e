"""The worker's end of its channel: frames sent and received, segments mapped.

Owns the socket and the two mappings of shared memory. Between two calls it looks for the next frame before it sleeps, where
that pays. Called by `serve`.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import time
from collections.abc import Iterator

from ..protocol import frames
from ..protocol.line import Line
from ..protocol.patience import Patience


class Channel:
    """One end of the conversation.

    Attributes
    ----------
    input : memoryview or None
        The segment that the host writes; read-only here.
    output : memoryview or None
        The segment that it reads.
    lacking : OSError or None
        Why there is no `input` where the host believes one.
    patience : Patience
        Set by the host's `Start`.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self.input: memoryview | None = None
        self.output: memoryview | None = None
        self.lacking: OSError | None = None
        self.patience = Patience(spare_core=False)
        self._asking = False
        self._interrupted = False

    def send(self, frame: frames.Frame) -> None:
        """Send one frame."""
        self._line.send(frames.encode(frame))

    def receive(self) -> bytes | memoryview:
        """The bytes of the next frame, valid until the next is received; none when the host has gone."""
        looks = self.patience.looks
        data = self._line.look(looks) if looks else self._line.sleep()
        if data is not None:
            return data
        began_s = time.monotonic()
        while (data := self._line.listen()) is None:
            pass
        self.patience.slept(time.monotonic() - began_s)
        return data

    def attach_input(self, size: int) -> None:
        """Map the segment whose descriptor is the next message.

        A plugin that keeps what it was given runs out of descriptors, of which each mapping holds one: the call that lacks
        its arrays fails of that, not the worker.
        """
        self.input = self.lacking = None
        try:
            self.input = self._map(size, mmap.PROT_READ)
        except OSError as error:
            kept = "no room for the arrays of this call: those of earlier calls are kept, or too many files are open"
            self.lacking = OSError(error.errno, f"{kept} (keep copies: array.copy())")

    def room(self, size: int) -> memoryview | None:
        """An output segment of at least `size` bytes; asks the host for one if there is none."""
        if size > (len(self.output) if self.output is not None else 0):
            self.output = None
            with self.uninterrupted():
                self.send(frames.NeedSegment(size))
                frame = frames.decode_to_worker(self.receive())
                assert isinstance(frame, frames.Attach)
                self.output = self._map(frame.size, mmap.PROT_READ | mmap.PROT_WRITE)
        return self.output

    @contextlib.contextmanager
    def uninterrupted(self) -> Iterator[None]:
        """From a question to the end of its answer, which an interrupted call would leave behind for the next one."""
        self._asking = True
        try:
            yield
        finally:
            self._asking = False
        if self._interrupted:
            self._interrupted = False
            raise KeyboardInterrupt

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt, now or when the host has answered. Called in the signal handler."""
        if not self._asking:
            raise KeyboardInterrupt
        self._interrupted = True

    def _map(self, size: int, protection: int) -> memoryview:
        descriptor = self._line.receive_descriptor()
        try:
            return memoryview(mmap.mmap(descriptor, size, mmap.MAP_SHARED, protection))
        finally:
            os.close(descriptor)
