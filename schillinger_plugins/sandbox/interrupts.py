"""Ctrl-C, kept away from where it would tear something.

Owns the handler of SIGINT for as long as the main thread is busy with a worker. Python raises KeyboardInterrupt between any
two instructions: between taking a turn and noting it, between reading an answer and returning it. So meanwhile the handler
that was there is run, but what it raises is kept until the work is done, and the one who waits for a worker is told at
once. Where the caller's own code runs, or nothing but waiting is done, a window is opened, and Ctrl-C does what it always
did. Called by the drivers, the turnstile and ``instance``; only handlers written in Python are held, and only in the main
thread, since no other thread is interrupted.
"""

from __future__ import annotations

import importlib
import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

# What `signal` itself calls, without its conversions to and from enumerations: they take a fifth of the time of a call.
_signal = importlib.import_module("_signal")
_get_handler, _set_handler = _signal.getsignal, _signal.signal
_SIGINT = int(signal.SIGINT)
_MAIN = threading.main_thread().ident

OnInterrupt = Callable[[], None]


class Hold:
    """While it is held, an interrupt waits. May be held again inside."""

    __slots__ = ("_depth", "_error", "_on_interrupt", "_original", "_windows")

    def __init__(self) -> None:
        self._depth = 0
        self._windows: list[int] = []
        self._original: Any = None
        self._error: BaseException | None = None
        self._on_interrupt: OnInterrupt | None = None

    @property
    def interrupted(self) -> bool:
        """Whether an interrupt waits."""
        return self._error is not None

    def tell(self, on_interrupt: OnInterrupt | None) -> OnInterrupt | None:
        """Who is told, in the handler, that an interrupt has come; returns who was until now."""
        before, self._on_interrupt = self._on_interrupt, on_interrupt
        return before

    def __enter__(self) -> Hold:
        if self._depth:
            self._depth += 1
            return self
        handler = _get_handler(_SIGINT)
        self._original = handler if callable(handler) else None
        self._error = None
        if self._original is not None:
            _set_handler(_SIGINT, self._handle)
        self._depth = 1  # only now: an interrupt that comes before raises here, and leaves nothing behind
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        if self._depth == 0 and self._original is not None:
            self._windows.clear()
            _set_handler(_SIGINT, self._original)
        if self._error is not None and (self._depth == 0 or self._open):
            pending, self._error = self._error, None
            raise pending

    @property
    def _open(self) -> bool:
        return bool(self._windows) and self._windows[-1] == self._depth

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._open:
            self._original(number, frame)
            return
        try:
            self._original(number, frame)
        except BaseException as error:
            # Its traceback leads from this handler to whatever was interrupted, and would keep all of that alive.
            self._error = error.with_traceback(None)
            if self._on_interrupt is not None:
                self._on_interrupt()


class Window:
    """While it is open, an interrupt raises at once, as it does where nothing is held."""

    __slots__ = ()

    def __enter__(self) -> None:
        _hold._windows.append(_hold._depth)
        if _hold._error is not None:
            pending, _hold._error = _hold._error, None
            _hold._windows.pop()
            raise pending

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _hold._windows.pop()


class _Nothing(Hold):
    """In threads that no signal interrupts."""

    __slots__ = ()

    def tell(self, on_interrupt: OnInterrupt | None) -> OnInterrupt | None:
        return None

    def __enter__(self) -> Hold:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return


class _NoWindow(Window):
    __slots__ = ()

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return


_hold, _nothing = Hold(), _Nothing()
_window, _no_window = Window(), _NoWindow()


def held() -> Hold:
    """Keep interrupts waiting, in the main thread; in a ``with``."""
    return _hold if threading.get_ident() == _MAIN else _nothing


def opened() -> Window:
    """Let them through for a while, where they are held; in a ``with``."""
    return _window if _hold._depth and threading.get_ident() == _MAIN else _no_window
