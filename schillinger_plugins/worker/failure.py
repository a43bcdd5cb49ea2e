"""What went wrong, as a frame.

Owns the plugin's traceback as text: the plugin's frames and what they called, not ours. Called by `serve`.
"""

from __future__ import annotations

import errno
import linecache
import traceback
from types import TracebackType

from ..protocol import frames
from ..protocol.values import CannotCross
from . import debugging
from .load import NoPluginClass


def describe(error: BaseException, turn: int) -> frames.Raised:
    """The frame that tells the host of `error`, in answer to the request of that turn."""
    try:
        text = _text(error)
        message = str(error) if not isinstance(error, KeyError) else f"key {error}"
    except Exception:  # a plugin's exception may raise when it is printed
        text, message = "", "(the exception can't be printed)"
    if type(error).__name__ == "BdbQuit":  # which says nothing by itself
        message = (
            "pdb has no terminal in here → breakpoint() ends the call, and %plugin debug shows what every name meant"
        )
    kind = _kind(error)
    return frames.Raised(
        kind=kind,
        exception_type=type(error).__name__[:200],
        message=message[: frames.MAX_MESSAGE_CHARS].encode("utf-8", "replace").decode(),
        # The end tells most: keep it when the middle must go.
        traceback_text=text
        if len(text) <= frames.MAX_TRACEBACK_CHARS
        else "…" + text[1 - frames.MAX_TRACEBACK_CHARS :],
        turn=turn,
        sites=debugging.sites_of(error.__traceback__) if kind in ("plugin", "denied") else [],
    )


def _kind(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "cancelled"
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, NoPluginClass):
        return "load"
    if isinstance(error, CannotCross):
        return "cannot_cross"
    if isinstance(error, PermissionError):
        return "denied"
    if isinstance(error, OSError):
        by_errno = {errno.EFBIG: "file_size", errno.EMFILE: "open_files", errno.EAGAIN: "processes"}
        return by_errno.get(error.errno or 0, "plugin")
    return "plugin"


def _text(error: BaseException) -> str:
    linecache.clearcache()
    told = traceback.TracebackException(type(error), error, _without_ours(error.__traceback__))
    theirs = [frame for frame in told.stack if not frame.filename.startswith(debugging.OURS)]
    told.stack[:] = theirs or told.stack  # what is raised by a base class has no frame of the plugin's
    return "".join(told.format()).encode("utf-8", "replace").decode()


def _without_ours(trace: TracebackType | None) -> TracebackType | None:
    """Skip the leading frames of this package and of the import system, up to the first one of the plugin."""
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if not name.startswith(debugging.OURS) and "/asyncio/" not in name:
            return trace
        trace = trace.tb_next
    return None
