"""From fork to confined: what a new worker does before it knows the plugin.

Owns the order: die with the zygote, take the descriptors, clear the surroundings, confine, serve. Called by `zygote` in
the forked child; never returns.
"""

from __future__ import annotations

import ctypes
import fcntl
import io
import mmap
import os
import signal
import socket
import sys
import tempfile
from typing import NoReturn, TextIO

from ..protocol import frames
from ..protocol.line import BOX_BYTES, Line
from . import log_lines, serve
from .channel import Channel
from .confine import Confinement

_PR_SET_PDEATHSIG = 1
_HIGHEST_STANDARD, _CHANNEL, _TRACE = 2, 3, 4


def become_worker(
    request: frames.Spawn, confinement: Confinement, *, channel: int, log: int, trail: int, box: int, zygote_pid: int
) -> NoReturn:
    """Turn this forked child into a confined worker, serve until told to stop, and exit.

    Exits with status 1, saying why on its log, if anything about the confinement fails: an unconfined worker never serves.
    """
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != zygote_pid:  # it died between the fork and the line above
            os._exit(1)
        os.setsid()
        _clear_surroundings(request.scratch)
        memory = memoryview(mmap.mmap(box, BOX_BYTES))
        channel, log, trail = (fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 10) for number in (channel, log, trail))
        nothing = os.open("/dev/null", os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(log, 1)
        os.dup2(log, _HIGHEST_STANDARD)
        confinement.apply(
            scratch=request.scratch,
            readable=request.readable,
            writable=request.writable,
            data_bytes=request.data_bytes,
            file_size_bytes=request.file_size_bytes,
            open_files=request.open_files,
        )
        # After the last path was opened through the zygote's descriptors, and before the plugin could find them.
        os.dup2(channel, _CHANNEL, inheritable=False)
        os.dup2(trail, _TRACE, inheritable=False)
        os.closerange(_TRACE + 1, 4096)
        sys.stdout, sys.stderr = _line_writer(1), _line_writer(_HIGHEST_STANDARD)
        line = Line(socket.socket(fileno=_CHANNEL), memory, host=False)
        serve.serve(Channel(line), scratch=request.scratch, trail=_TRACE)
    except BaseException as error:
        os.write(_HIGHEST_STANDARD, f"the worker could not start: {type(error).__name__}: {error}\n".encode()[:1000])
        os._exit(1)
    os._exit(0)


def _line_writer(descriptor: int) -> TextIO:
    """What a plugin prints to: a line at a time, so that its last words are not lost in a crash."""
    return io.TextIOWrapper(
        log_lines.Pipe(descriptor, "w", closefd=False), encoding="utf-8", errors="backslashreplace", line_buffering=True
    )


def _clear_surroundings(scratch: str) -> None:
    os.environ.clear()
    os.environ.update(
        HOME=scratch, TMPDIR=scratch, PATH="", LANG="C.UTF-8", MPLCONFIGDIR=scratch, XDG_CACHE_HOME=scratch
    )
    tempfile.tempdir = None
    os.chdir(scratch)
    os.umask(0o077)
    sys.dont_write_bytecode = True
    if "numba" in sys.modules:
        # The warm cache is pickle: a worker may read it, as it did before it was confined, but compiles into scratch.
        sys.modules["numba"].config.CACHE_DIR = scratch
