"""What an author wants to know of a call: where the time went, what the names meant where it failed.

Owns the profile of a call, the text of an exception's local variables, and what ``breakpoint()`` does. All of it is the
plugin's own word: `repr` of its objects runs its code, within the limits of the call. Called by `serve` and `failure`.
"""

from __future__ import annotations

import builtins
import cProfile
import io
import os
import pstats
import reprlib
import sys
from collections.abc import Coroutine
from types import FrameType, FunctionType, ModuleType, TracebackType
from typing import Any

import numpy as np

from ..protocol import frames

MAX_SITES = 24
MAX_NAMES = 40
MAX_BYTES = 12_000
"""Of all names and values of an exception together."""

MAX_REPORT_CHARS = 16_000
_PROFILE_LINES = 30
_NO_VALUES = (ModuleType, FunctionType, type)

_HERE = os.path.dirname(os.path.abspath(__file__))
OURS = (_HERE, os.path.join(os.path.dirname(_HERE), "types"), "<frozen importlib")
"""Where the files begin whose frames tell an author nothing: what called the plugin, and the base classes in between."""


class Breakpoint(Exception):
    """``breakpoint()`` was called."""

    __module__ = "builtins"  # tracebacks call it by its name alone


def answer_breakpoints() -> None:
    """From now on ``breakpoint()`` and ``input()`` end the call where it stands: there is no terminal in here."""

    def stop(*_: Any, **__: Any) -> None:
        raise Breakpoint("breakpoint() ended the call here → %plugin debug shows what every name meant at this line")

    def ask(*_: Any) -> str:
        raise EOFError("input() has nobody to ask in here → make it an input or a parameter")

    sys.breakpointhook = stop
    builtins.input = ask


async def profiled(call: Coroutine[Any, Any, Any]) -> tuple[Any, str]:
    """What the call returns, and where the time went, the costliest functions first."""
    profile = cProfile.Profile()
    profile.enable()
    try:
        outputs = await call
    finally:
        profile.disable()
    text = io.StringIO()
    pstats.Stats(profile, stream=text).strip_dirs().sort_stats("cumulative").print_stats(_PROFILE_LINES)
    return outputs, text.getvalue()[:MAX_REPORT_CHARS].encode("utf-8", "replace").decode()


def sites_of(trace: TracebackType | None) -> list[frames.Site]:
    """The way an exception took through the plugin, and what the names meant there.

    What doesn't fit is left out from the outside in: where it was raised tells most.
    """
    stack: list[tuple[FrameType, int]] = []
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(OURS):
            stack.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    left = MAX_BYTES
    sites: list[frames.Site] = []
    for frame, line in reversed(stack[-MAX_SITES:]):
        names: list[tuple[str, str]] = []
        for name, value in list(frame.f_locals.items())[:MAX_NAMES]:
            if name.startswith("__") or isinstance(value, _NO_VALUES):
                continue
            pair = (_text(name)[:60], _described(value))
            left -= sum(len(text.encode()) for text in pair)
            if left < 0:
                break
            names.append(pair)
        code = frame.f_code
        sites.append(frames.Site(_text(code.co_filename)[-400:], line, _text(code.co_name)[:100], names))
    return sites[::-1]


class _Brief(reprlib.Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 200
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = 8

    def repr_ndarray(self, array: np.ndarray[Any, Any], level: int) -> str:
        shape = "×".join(map(str, array.shape)) or "scalar"
        text = f"array {shape} {array.dtype}"
        if array.dtype.kind in "fiu":
            finite = array[np.isfinite(array)]
            text += f", {finite.min():.6g} to {finite.max():.6g}" if finite.size else ""
            text += f", {array.size - finite.size} not finite" if finite.size < array.size else ""
        return text


_brief = _Brief()


def _described(value: Any) -> str:
    try:
        return _text(_brief.repr(value))[:400]
    except BaseException as error:  # a plugin's object may raise whatever it likes when it is printed
        return f"<{type(value).__name__}, whose repr raises {type(error).__name__}>"[:400]


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
