"""The line between host and worker: a socket, and a box in shared memory for two ends that look rather than sleep.

Owns the way around the kernel. A frame is put into the box if the other end has received all that was sent before, and no
system call is made for it as long as that end looks for frames; one that sleeps is woken by a doorbell through the socket.
Everything else goes through the socket itself: frames that follow an unread one, and those with a descriptor. So nothing is
overtaken, and nothing unread overwritten. Each end writes its own half of the box only. Used by both ends; what the other
half says is hostile to the host, which copies a frame before it reads it.
"""

from __future__ import annotations

import array
import contextlib
import errno
import os
import platform
import socket
import threading
from collections import deque
from itertools import repeat

from .frames import MAX_FRAME_BYTES

_DOORBELL = b"\0"
"""Says that something is in the box, or carries a descriptor; no frame has one byte."""

# Words of 64 bits. What an end says of its reading lies on another cache line than what it says of its writing.
_NUMBER, _LENGTH, _RINGS = 0, 1, 2
_RECEIVED, _LOOKS = 8, 9
_DATA = 128
_HALF = _DATA + MAX_FRAME_BYTES
BOX_BYTES = 2 * _HALF

_IN_SOCKET = 0
"""As a length: the frame has gone through the socket."""

_FIRST_LOOKS = 400
"""After so many the socket is looked at, too."""

_ROOM = socket.CMSG_SPACE(array.array("i").itemsize)


_KEEPS_ORDER = platform.machine() == "x86_64"
"""Whether this processor shows one process's writes to another in their order. Where it doesn't, the box isn't used."""


def may_look() -> bool:
    """Whether looking can pay here: the box is used, and there is a second core."""
    return _KEEPS_ORDER and len(os.sched_getaffinity(0)) > 1


class Line:
    """One end.

    Parameters
    ----------
    connection : socket.socket
        Of the kind SEQPACKET.
    box : memoryview
        `BOX_BYTES` of shared memory, at first all zero.
    host : bool
        Which end this is.
    """

    __slots__ = (
        "_buffer",
        "_early",
        "_fence",
        "_is_looking",
        "_own",
        "_own_data",
        "_received",
        "_rings",
        "_rung",
        "_sent",
        "_socket",
        "_theirs",
        "_theirs_data",
        "_view",
    )

    def __init__(self, connection: socket.socket, box: memoryview, *, host: bool) -> None:
        own, theirs = (box[:_HALF], box[_HALF:BOX_BYTES])[:: 1 if host else -1]
        self._own, self._own_data = own[:_DATA].cast("Q"), own[_DATA:]
        self._theirs, self._theirs_data = theirs[:_DATA].cast("Q"), theirs[_DATA:]
        self._socket = connection
        self._buffer = bytearray(MAX_FRAME_BYTES + 1)
        self._view = memoryview(self._buffer)
        self._fence = threading.Lock()
        self._sent = self._received = 0
        self._rings = self._rung = 0
        self._is_looking = False
        self._early: deque[bytes] = deque()

    def send(self, data: bytes, descriptor: int | None = None, flags: int = 0) -> None:
        """Send one frame; after it, as a message of its own, a descriptor.

        Raises
        ------
        OSError, ValueError
            If the other end has gone, or doesn't listen; if this one has been closed.
        """
        self._sent = number = self._sent + 1
        theirs, own = self._theirs, self._own
        is_free = _KEEPS_ORDER and theirs[_RECEIVED] == number - 1
        if is_free and descriptor is None:
            size = len(data)
            self._own_data[:size] = data
            own[_LENGTH] = size
            own[_NUMBER] = number
            with self._fence:  # an atomic instruction: what is written above is seen before what is read below
                looks = theirs[_LOOKS]
            if not looks:
                self._rings += 1
                own[_RINGS] = self._rings
                self._socket.send(_DOORBELL, flags)
            return
        self._socket.send(data, flags)
        if descriptor is not None:
            socket.send_fds(self._socket, [_DOORBELL], [descriptor], flags)
        if is_free:
            own[_LENGTH] = _IN_SOCKET
            own[_NUMBER] = number

    def look(self, times: int) -> bytes | memoryview | None:
        """Look for the next frame so many times.

        Until `sleep`, the other end takes it that this one will look again.

        Returns
        -------
        bytes, memoryview or None
            The frame; None of it if the other end has gone; None if none came.
        """
        theirs, number = self._theirs, self._received + 1
        self._own[_LOOKS] = 1
        self._is_looking = True
        for looks in (_FIRST_LOOKS, times):
            for _ in repeat(None, looks):
                if theirs[_NUMBER] == number:
                    break
            frame: bytes | memoryview | None = self._posted()
            if frame is not None:
                return frame
            with contextlib.suppress(BlockingIOError):
                frame = self.listen(socket.MSG_DONTWAIT)
            if frame is not None:
                return frame
        return self.sleep()

    def sleep(self) -> bytes | memoryview | None:
        """Say that this end won't look before it has listened; the frame, as `look`, that came just before that was seen."""
        if self._early:
            return self._posted()
        if not self._is_looking:
            return None
        self._is_looking = False
        self._own[_LOOKS] = 0
        with contextlib.suppress(BlockingIOError):
            return self.listen(socket.MSG_DONTWAIT)
        return self._posted()  # a system call has been made in between: what was posted without a doorbell is seen now

    def listen(self, flags: int = 0) -> bytes | memoryview | None:
        """Wait for one message of the socket.

        Returns
        -------
        bytes, memoryview or None
            The next frame, valid until the one after it is received; none of it if the other end has gone; None for a
            doorbell that was heard too late.

        Raises
        ------
        BlockingIOError
            If there is none yet, or none came within the socket's own timeout.
        OSError, ValueError
            If this end has been closed.
        """
        size = self._socket.recv_into(self._buffer, 0, flags)
        if size == len(_DOORBELL):
            self._rung += 1
            return self._posted()
        number = self._received + 1
        if self._theirs[_NUMBER] == number and self._theirs[_LENGTH] != _IN_SOCKET:
            # What was read just now was sent after that: it had been posted already when this came.
            early = bytes(self._view[:size])
            posted = self._posted()
            if early:
                self._early.appendleft(early)
            return posted
        self._own[_RECEIVED] = self._received = number
        return self._view[:size]

    def receive_descriptor(self) -> int:
        """The descriptor that follows the frame received last.

        Raises
        ------
        OSError
            If this process has as many files open as it may: the kernel has thrown the descriptor away.
        """
        descriptors = array.array("i")
        while not descriptors:
            _, ancillary, flags, _ = self._socket.recvmsg(len(_DOORBELL), _ROOM, socket.MSG_CMSG_CLOEXEC)
            if flags & socket.MSG_CTRUNC:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            for _, _, content in ancillary:
                descriptors.frombytes(content)
            self._rung += not descriptors
        return descriptors[0]

    def close(self) -> None:
        """Let go of the memory."""
        for view in (self._own, self._own_data, self._theirs, self._theirs_data):
            view.release()

    def _posted(self) -> bytes | None:
        """The next frame, if it lies in the box, or was read before one that did."""
        theirs, number = self._theirs, self._received + 1
        if self._early:
            data = self._early.popleft()
            self._own[_RECEIVED] = self._received = number
            return data
        if theirs[_NUMBER] != number:
            return None
        size = theirs[_LENGTH]
        if size == _IN_SOCKET:
            return None
        data = bytes(self._theirs_data[:size])
        self._own[_RECEIVED] = self._received = number
        if theirs[_RINGS] != self._rung:
            self._hear()
        return data

    def _hear(self) -> None:
        """Take a doorbell out of the socket that wasn't needed: they would fill it."""
        with contextlib.suppress(BlockingIOError):
            size = self._socket.recv_into(self._buffer, 0, socket.MSG_DONTWAIT)
            if size == len(_DOORBELL):
                self._rung += 1
            elif size:  # only a forger sends a frame here: it is not lost, so that he is found out
                self._early.append(bytes(self._view[:size]))
