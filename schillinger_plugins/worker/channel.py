"""The worker's end of its channel: frames sent and received, segments mapped.

Owns the socket and the two mappings of shared memory. Between two calls it looks for the next frame before it sleeps, where
that pays. Called by `serve`.
"""

from __future__ import annotations

import array
import contextlib
import mmap
import os
import socket
import time
from collections.abc import Iterator

from ..protocol import frames
from ..protocol.patience import Patience

_ROOM = socket.CMSG_SPACE(array.array("i").itemsize)


class Channel:
    """One end of the conversation.

    Attributes
    ----------
    input : memoryview or None
        The segment that the host writes; read-only here.
    output : memoryview or None
        The segment that it reads.
    patience : Patience
        Set by the host's `Start`.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = bytearray(frames.MAX_FRAME_BYTES)
        self._view = memoryview(self._buffer)
        self.input: memoryview | None = None
        self.output: memoryview | None = None
        self.patience = Patience(spare_core=False)
        self._asking = False
        self._interrupted = False

    def send(self, frame: frames.Frame) -> None:
        """Send one frame."""
        self._connection.send(frames.encode(frame))

    def receive(self) -> memoryview:
        """The bytes of the next frame, valid until the next is received; none when the host has gone."""
        receive = self._connection.recv_into
        for _ in range(self.patience.looks):
            try:
                return self._view[: receive(self._buffer, 0, socket.MSG_DONTWAIT)]
            except BlockingIOError:
                pass
        began_s = time.monotonic()
        size = receive(self._buffer)
        self.patience.slept(time.monotonic() - began_s)
        return self._view[:size]

    def attach_input(self, size: int) -> None:
        """Map the segment whose descriptor is the next message."""
        self.input = self._map(size, mmap.PROT_READ)

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
        _, ancillary, _, _ = self._connection.recvmsg(1, _ROOM, socket.MSG_CMSG_CLOEXEC)
        descriptors = array.array("i")
        for _, _, content in ancillary:
            descriptors.frombytes(content)
        (descriptor,) = descriptors
        try:
            return memoryview(mmap.mmap(descriptor, size, mmap.MAP_SHARED, protection))
        finally:
            os.close(descriptor)
